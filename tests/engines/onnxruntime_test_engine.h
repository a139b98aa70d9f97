#pragma once

#include <memory>

#include "layerwatt/engines/engine.h"

namespace layerwatt::testing {

/// ONNX Runtime where this machine has it, else null: the test is then skipped. With
/// LAYERWATT_REQUIRE_ONNXRUNTIME set (CI installs the library) its absence fails the test instead.
std::unique_ptr<Engine> onnxruntime_or_null();

}  // namespace layerwatt::testing
