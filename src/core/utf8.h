#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace layerwatt {

/// Length of the well-formed UTF-8 sequence at the front of `text`, 0 where it is not one
/// (Unicode 15, table 3-7). Precondition: `text` is not empty.
std::size_t utf8_sequence(std::string_view text);

/// `text`, with every byte that is in no well-formed sequence replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace layerwatt
