#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace layerwatt::versioning {

/// `text` as a YAML scalar behind `column` characters of its line, laid out as ruamel.yaml (DVC's
/// library) does: plain where it would be read back as the same text, else in single quotes, with
/// escapes in double quotes where it holds control characters; folded at the first single blank
/// beyond column 80, going on after four blanks. Precondition: UTF-8.
std::string yaml_scalar(std::string_view text, std::size_t column);

}  // namespace layerwatt::versioning
