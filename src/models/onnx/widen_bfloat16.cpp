#include <cstdint>
#include <cstring>
#include <string>

#include "layerwatt/core/half_float.h"
#include "layerwatt/models/convert.h"

#include "models/onnx/onnx_model.h"

namespace layerwatt {
namespace {

constexpr std::int32_t kNarrow = onnx::TensorProto::BFLOAT16;
constexpr std::int32_t kWide = onnx::TensorProto::FLOAT;

class Widener {
 public:
  void widen(onnx::GraphProto& graph) {
    for (onnx::TensorProto& tensor : *graph.mutable_initializer()) widen(tensor);
    for (auto* values :
         {graph.mutable_input(), graph.mutable_output(), graph.mutable_value_info()}) {
      for (onnx::ValueInfoProto& value : *values) widen(value);
    }
    for (onnx::NodeProto& node : *graph.mutable_node()) {
      for (onnx::AttributeProto& attribute : *node.mutable_attribute()) widen(attribute);
    }
  }

  bool found() const { return found_; }

 private:
  void widen(onnx::TensorProto& tensor) {
    if (tensor.data_type() != kNarrow) return;
    found_ = true;
    std::string bytes;
    const auto append = [&](std::uint16_t bits) {
      const float value = float_of_bfloat16(bits);
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    const std::string& raw = tensor.raw_data();
    for (std::size_t i = 0; i + 1 < raw.size(); i += 2) {
      std::uint16_t bits = 0;
      std::memcpy(&bits, raw.data() + i, sizeof bits);
      append(bits);
    }
    for (const std::int32_t bits : tensor.int32_data()) append(static_cast<std::uint16_t>(bits));
    tensor.clear_int32_data();
    tensor.set_data_type(kWide);
    tensor.set_raw_data(std::move(bytes));
  }

  void widen(onnx::ValueInfoProto& value) {
    if (value.type().tensor_type().elem_type() != kNarrow) return;
    found_ = true;
    value.mutable_type()->mutable_tensor_type()->set_elem_type(kWide);
  }

  void widen(onnx::AttributeProto& attribute) {
    const bool is_type = attribute.name() == "to" || attribute.name().ends_with("dtype");
    if (is_type && attribute.i() == kNarrow) {
      found_ = true;
      attribute.set_i(kWide);
    }
    if (attribute.has_t()) widen(*attribute.mutable_t());
    for (onnx::TensorProto& tensor : *attribute.mutable_tensors()) widen(tensor);
    if (attribute.has_g()) widen(*attribute.mutable_g());
    for (onnx::GraphProto& graph : *attribute.mutable_graphs()) widen(graph);
  }

  bool found_ = false;
};

}  // namespace

bool widen_bfloat16(OnnxModel& model) {
  Widener widener;
  widener.widen(*model.proto().model.mutable_graph());
  return widener.found();
}

}  // namespace layerwatt
