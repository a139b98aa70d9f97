#pragma once

#include <string>
#include <string_view>

namespace layerwatt {

/// `text` as it stands between tags of an HTML page; what is not printable() is made so. Not for
/// the values of attributes.
std::string escape_html(std::string_view text);

}  // namespace layerwatt
