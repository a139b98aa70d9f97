#include <array>

#include "layerwatt/engines/engine.h"
#include "layerwatt/engines/tensorrt_engine.h"

#include "engines/onnxruntime/onnxruntime_engine.h"

namespace layerwatt {
namespace {

constexpr std::array kEngines = {
    EngineKind{.name = "onnxruntime",
               .summary = "ONNX Runtime on the CPU: any ONNX file",
               .open = [] { return open_onnxruntime(onnxruntime_places()); }},
    EngineKind{.name = "tensorrt",
               .summary = "NVIDIA TensorRT on the GPU: ONNX files and serialised engines",
               .open =
                   [] {
                     TensorRtBuild build;
                     build.cache_folder = default_tensorrt_cache();
                     return open_tensorrt(tensorrt_places(), build);
                   }},
};

}  // namespace

std::span<const EngineKind> engine_table() { return kEngines; }

}  // namespace layerwatt
