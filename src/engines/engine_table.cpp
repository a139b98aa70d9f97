#include <array>

#include "layerwatt/engines/engine.h"

#include "engines/onnxruntime_engine.h"

namespace layerwatt {
namespace {

constexpr std::array kEngines = {
    EngineKind{.name = "onnxruntime",
               .summary = "ONNX Runtime on the CPU: any ONNX file",
               .open = [] { return open_onnxruntime(onnxruntime_places()); }},
};

}  // namespace

std::span<const EngineKind> engine_table() { return kEngines; }

}  // namespace layerwatt
