#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/sensors/sensor.h"

#include "sensors/attributes/attribute_folder.h"

namespace layerwatt {

/// Opens an attribute of a rail and reads it once. An error says in words that fit behind the
/// rail's name why it cannot be used: "permission denied on …/in1_input".
Result<AttributeFile> open_checked(const AttributeFolder& folder, std::string_view attribute);

/// The same of an attribute in thousandths (mV, mA), whose present value must be one of a rail: up
/// to 2,000 V or A after division by `divisor`. kParse quotes what was read instead.
Result<AttributeFile> open_milli(const AttributeFolder& folder, std::string_view attribute,
                                 std::int64_t divisor = 1);

/// What to do about an error of open_checked(); empty where nothing helps.
std::string remedy_for(const Error& error);

UnusableRail unusable(std::string name, std::string location, const Error& error);

}  // namespace layerwatt
