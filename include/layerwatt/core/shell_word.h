#pragma once

#include <string>
#include <string_view>

namespace layerwatt {

/// A word of a command as a POSIX shell takes it: in single quotes where it holds anything that a
/// shell would read otherwise, such as a space, else as it is.
std::string shell_word(std::string_view word);

}  // namespace layerwatt
