#include "engines/onnxruntime_test_engine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>

#include "layerwatt/engines/onnxruntime_engine.h"

namespace layerwatt::testing {

std::unique_ptr<Engine> onnxruntime_or_null() {
  auto engine = open_onnxruntime();
  if (engine) return *std::move(engine);
  if (std::getenv("LAYERWATT_REQUIRE_ONNXRUNTIME") != nullptr) {
    ADD_FAILURE() << "LAYERWATT_REQUIRE_ONNXRUNTIME is set, but: " << engine.error().message();
  }
  return nullptr;
}

}  // namespace layerwatt::testing
