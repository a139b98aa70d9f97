#pragma once

#include <string>
#include <string_view>

namespace layerwatt {

/// The text with control characters inside strings spelled as JSON spells them ("\\u001e"):
/// TensorRT 8.6 writes them as they are, which no JSON parser takes. Texts without any are returned
/// unchanged, and so is what stands between strings.
std::string escape_control_characters(std::string_view text);

}  // namespace layerwatt
