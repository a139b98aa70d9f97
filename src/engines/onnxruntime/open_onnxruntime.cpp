#include "layerwatt/engines/onnxruntime_engine.h"

#include "engines/onnxruntime/onnxruntime_engine.h"

namespace layerwatt {

Result<std::unique_ptr<Engine>> open_onnxruntime() {
  return open_onnxruntime(onnxruntime_places());
}

}  // namespace layerwatt
