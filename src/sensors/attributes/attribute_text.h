#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace layerwatt {

/// Without the blanks, newlines and NULs at its ends.
std::string_view trimmed_attribute(std::string_view text);

/// The integer of an attribute: alone ("-8"), or followed by a blank and a unit ("430 ms"). A
/// fraction, or letters without a blank, is no number of the drivers read here.
std::optional<std::int64_t> parse_attribute_number(std::string_view text);

/// The name in an attribute, or nullopt where the driver had none: empty, or "(null)" as the
/// kernel prints a null pointer.
std::optional<std::string_view> parse_rail_name(std::string_view text);

}  // namespace layerwatt
