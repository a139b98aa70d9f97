#include <cstddef>
#include <cstdint>
#include <span>

#include "layerwatt/models/layer_info.h"
#include "layerwatt/models/onnx_model.h"
#include "layerwatt/models/segments.h"

// Any bytes as an ONNX file: parsed, described, checked and cut, or refused with a message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto model = layerwatt::OnnxModel::parse(std::as_bytes(std::span(data, size)), "fuzz.onnx");
  if (!model) return model.error().message().empty() ? 1 : 0;
  layerwatt::count_multiply_adds(layerwatt::describe_layers(*model));
  (void)model->validate();
  (void)model->set_batch(2);
  (void)layerwatt::cut_segments(*model);
  (void)model->serialise();
  return 0;
}
