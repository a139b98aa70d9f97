#pragma once

#include <memory>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

#include "engines/onnxruntime/onnxruntime_library.h"

namespace layerwatt {

// Defined in onnxruntime_engine.cpp, or, in builds without ONNX Runtime's headers, in its twin
// onnxruntime_missing.cpp, where it says what is missing.

/// Opens ONNX Runtime, its library looked for in `places`. kNotFound: no library; kUnsupported: too
/// old, or built without it.
Result<std::unique_ptr<Engine>> open_onnxruntime(const OnnxRuntimePlaces& places);

}  // namespace layerwatt
