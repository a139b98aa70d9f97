#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/tensorrt.h"

#include "engines/tensorrt/tensorrt_log.h"
#include "engines/tensorrt/tensorrt_seam.h"

namespace layerwatt::trt {

/// A serialised engine, and what its building taught about kernels on this GPU.
struct BuiltEngine {
  std::vector<std::byte> plan;
  std::vector<std::byte> timing_cache;
};

/// Builds the ONNX model: layers described in full, and one after the other where the version can
/// be told so. `timing_cache` may be empty, or of another GPU (it is then ignored). Errors:
/// check_build()'s; kUnsupported with the parser's words for operators that it does not know, for a
/// DLA core that is not there, and with TensorRT's words where building fails.
Result<BuiltEngine> build_engine(Api& api, KeptLog& log, std::span<const std::byte> onnx,
                                 std::string_view label, const TensorRtBuild& build,
                                 std::span<const std::byte> timing_cache);

}  // namespace layerwatt::trt
