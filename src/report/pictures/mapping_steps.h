#pragma once

#include <filesystem>

#include "layerwatt/core/result.h"
#include "layerwatt/report/report_page.h"

namespace layerwatt {

/// Draws how the published method `nearest` maps power to layers, from one pass in the middle of a
/// run: step0.png, the samples and the layers; step1.png, of each layer's end the nearest sample;
/// step2.png, the power that each layer is given. The folder is made. kUnknowable: a run without
/// power, or without passes that tell their layers; kUnsupported: a build without cairo.
Result<void> write_mapping_steps(const std::filesystem::path& folder, const Report& report);

}  // namespace layerwatt
