#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/sensors/sensor.h"

#include "sensors/attributes/attribute_folder.h"

namespace layerwatt {

/// Opens an attribute of a rail and reads it once. An error says in words that fit behind the
/// rail's name why it cannot be used: "permission denied on …/in1_input".
Result<AttributeFile> open_checked(const AttributeFolder& folder, std::string_view attribute);

/// What to do about an error of open_checked(); empty where nothing helps.
std::string remedy_for(const Error& error);

UnusableRail unusable(std::string name, std::string location, const Error& error);

}  // namespace layerwatt
