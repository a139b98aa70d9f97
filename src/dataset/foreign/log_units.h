#pragma once

#include <optional>
#include <string_view>

namespace layerwatt {

/// To seconds, volts, amperes or watts, by `role`; nullopt for a unit that it does not have.
std::optional<double> scale_of(std::string_view role, std::string_view unit);

}  // namespace layerwatt
