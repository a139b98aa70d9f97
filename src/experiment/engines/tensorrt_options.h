#pragma once

#include <span>

#include "layerwatt/core/option_row.h"
#include "layerwatt/core/result.h"
#include "layerwatt/engines/tensorrt.h"
#include "layerwatt/experiment/engine_settings.h"
#include "layerwatt/experiment/measure_options.h"

namespace layerwatt {

/// The options that only TensorRT has, in process; driven through trtexec, one more.
std::span<const OptionRow> tensorrt_options();
std::span<const OptionRow> trtexec_options();

/// How the engine is to be built, by what was typed.
TensorRtBuild tensorrt_build(const EngineSettings& settings);

/// `options` with what of this goes to the run's configuration.
MeasureOptions with_tensorrt_options(const MeasureOptions& options, const EngineSettings& settings);

}  // namespace layerwatt
