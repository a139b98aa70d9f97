#pragma once

#include <string_view>

namespace layerwatt {

/// The page with "@LAYERWATT_TITLE@" and "@LAYERWATT_DATA@" where title and data belong. Empty in a
/// build without Node.js.
std::string_view page_template();

}  // namespace layerwatt
