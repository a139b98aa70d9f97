#pragma once

#include <memory>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// Opens ONNX Runtime on the CPU, its library looked for where this process finds it. kNotFound: no
/// library, and where it was looked for; kUnsupported: too old, or built without it.
Result<std::unique_ptr<Engine>> open_onnxruntime();

}  // namespace layerwatt
