#include <fmt/format.h>

#include "engines/onnxruntime/onnxruntime_engine.h"

namespace layerwatt {

Result<std::unique_ptr<Engine>> open_onnxruntime(const OnnxRuntimePlaces& /*places*/) {
  return Error(
      ErrorCode::kUnsupported,
      fmt::format("this layerwatt was built without ONNX Runtime, because its headers were not "
                  "found; to get them run scripts/fetch_onnxruntime.sh, or install "
                  "libonnxruntime-dev (Debian 13 and later), or set ONNXRUNTIME_ROOT to an "
                  "unpacked release, then configure with CMake and build again"));
}

}  // namespace layerwatt
