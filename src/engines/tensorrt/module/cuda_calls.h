#pragma once

#include "engines/tensorrt/tensorrt_seam.h"

namespace layerwatt::trt {

/// The CUDA runtime's calls. One for the process.
Cuda& cuda_calls();

}  // namespace layerwatt::trt
