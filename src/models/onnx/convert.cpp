#include "layerwatt/models/convert.h"

#include <fmt/format.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <unordered_map>
#include <unordered_set>

#include "layerwatt/core/half_float.h"

#include "models/onnx/infer_types.h"
#include "models/onnx/onnx_model.h"
#include "models/onnx/raise_opset.h"
#include "models/onnx/tensor_data.h"

namespace layerwatt {
namespace {

constexpr std::int32_t kFloat = onnx::TensorProto::FLOAT;

std::int32_t element_of(FloatType type) {
  switch (type) {
    case FloatType::kFloat32:
      return kFloat;
    case FloatType::kFloat16:
      return onnx::TensorProto::FLOAT16;
    case FloatType::kBFloat16:
      return onnx::TensorProto::BFLOAT16;
  }
  return kFloat;
}

/// ONNX's spelling of a type in an operator's definition.
std::string schema_type(std::int32_t element) {
  return fmt::format("tensor({})", models::type_name(element));
}

/// Which inputs and outputs of a node take which types.
class Definition {
 public:
  Definition(const onnx::OpSchema& schema, const std::string& wanted)
      : schema_(schema), wanted_(wanted) {}

  bool input_takes(int index) const { return takes(schema_.inputs(), index); }
  bool output_takes(int index) const { return takes(schema_.outputs(), index); }

 private:
  bool takes(const std::vector<onnx::OpSchema::FormalParameter>& parameters, int index) const {
    if (parameters.empty()) return false;
    const std::size_t last = parameters.size() - 1;
    const auto& parameter = parameters[std::min(static_cast<std::size_t>(index), last)];
    for (const auto& type : parameter.GetTypes()) {
      if (*type == wanted_) return true;
    }
    return false;
  }

  const onnx::OpSchema& schema_;
  const std::string& wanted_;
};

class Converter {
 public:
  Converter(onnx::ModelProto& model, FloatType type)
      : model_(model),
        graph_(*model.mutable_graph()),
        target_(element_of(type)),
        wanted_(schema_type(target_)),
        types_(models::infer_tensor_types(model)) {}

  Result<ConversionReport> convert() {
    if (Result<void> checked = check(); !checked) return std::move(checked).error();
    for (const onnx::ValueInfoProto& output : graph_.output()) {
      wanted_outputs_.insert(output.name());
    }
    for (onnx::TensorProto& tensor : *graph_.mutable_initializer()) convert_tensor(tensor);
    for (auto* values : {graph_.mutable_input(), graph_.mutable_output()}) {
      for (onnx::ValueInfoProto& value : *values) convert_value(value);
    }
    graph_.clear_value_info();
    google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
    nodes.Swap(graph_.mutable_node());
    for (onnx::NodeProto& node : nodes) convert_node(node);
    return std::move(report_);
  }

 private:
  const onnx::OpSchema* schema_of(const onnx::NodeProto& node) const {
    const std::string domain = models::is_default_domain(node.domain()) ? "" : node.domain();
    const std::int64_t version = models::imported_opset(model_, domain).value_or(1);
    return onnx::OpSchemaRegistry::Schema(
        node.op_type(), static_cast<int>(std::min<std::int64_t>(version, 1000)), domain);
  }

  bool is_float(const std::string& name) const {
    const auto found = types_.find(name);
    return found != types_.end() && found->second.element == kFloat;
  }

  bool touches_float(const onnx::NodeProto& node) const {
    const auto any = [&](const auto& names) {
      return std::any_of(names.begin(), names.end(), [&](const auto& n) { return is_float(n); });
    };
    return any(node.input()) || any(node.output());
  }

  /// Everything that could fail, before anything is changed.
  Result<void> check() const {
    for (const onnx::NodeProto& node : graph_.node()) {
      if (schema_of(node) == nullptr) {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("cannot convert the node '{}' to {}: its operator {} ({}) is not "
                                 "defined here",
                                 node.name(), models::type_name(target_), node.op_type(),
                                 node.domain().empty() ? "ai.onnx" : node.domain()));
      }
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (!attribute.has_g() && attribute.graphs_size() == 0) continue;
        return Error(ErrorCode::kUnsupported,
                     fmt::format("cannot convert the node '{}' to {}: its operator {} holds graphs "
                                 "of its own",
                                 node.name(), models::type_name(target_), node.op_type()));
      }
      for (const std::string& output : node.output()) {
        const auto found = types_.find(output);
        if (output.empty() ||
            (found != types_.end() && found->second.element != onnx::TensorProto::UNDEFINED)) {
          continue;
        }
        return Error(ErrorCode::kUnsupported,
                     fmt::format("cannot convert the node '{}' ({}) to {}: the type of its result "
                                 "'{}' cannot be inferred",
                                 node.name(), node.op_type(), models::type_name(target_), output));
      }
    }
    return {};
  }

  void convert_tensor(onnx::TensorProto& tensor) {
    if (tensor.data_type() != kFloat) return;
    const bool half = target_ == onnx::TensorProto::FLOAT16;
    const float largest = half ? kLargestFloat16 : kLargestBFloat16;
    // A model of shapes alone has no values to convert.
    const bool filled = tensor.has_raw_data() || tensor.float_data_size() > 0;
    const std::vector<float> values = models::float_values(tensor);
    std::string bytes(values.size() * sizeof(std::uint16_t), '\0');
    for (std::size_t i = 0; i < values.size(); ++i) {
      float value = values[i];
      if (std::isfinite(value) && std::fabs(value) > largest) {
        value = std::copysign(largest, value);
        ++report_.clipped_weights;
      }
      const std::uint16_t bits = to_bits(value, half);
      if (value != 0.0F && (bits & 0x7FFFU) == 0) ++report_.vanished_weights;
      std::memcpy(bytes.data() + i * sizeof(bits), &bits, sizeof(bits));
    }
    report_.converted_weights += static_cast<std::int64_t>(values.size());
    tensor.clear_float_data();
    tensor.set_data_type(target_);
    if (filled) tensor.set_raw_data(std::move(bytes));
  }

  static std::uint16_t to_bits(float value, bool half) {
    if (std::isnan(value)) return half ? 0x7E00U : 0x7FC0U;
    if (std::isinf(value)) {
      const std::uint16_t infinity = half ? 0x7C00U : 0x7F80U;
      return static_cast<std::uint16_t>(infinity | (value < 0 ? 0x8000U : 0U));
    }
    return half ? float16_bits(value) : bfloat16_bits(value);
  }

  void convert_value(onnx::ValueInfoProto& value) const {
    auto* type = value.mutable_type();
    if (type->has_tensor_type() && type->tensor_type().elem_type() == kFloat) {
      type->mutable_tensor_type()->set_elem_type(target_);
    }
  }

  std::string free_name(const std::string& stem) {
    std::string name = stem;
    while (types_.contains(name) || !added_.insert(name).second) name += '_';
    return name;
  }

  onnx::NodeProto& add_cast(const std::string& from, const std::string& to, std::int32_t element) {
    onnx::NodeProto& cast = *graph_.add_node();
    cast.set_op_type("Cast");
    cast.set_name(free_name("cast " + to));
    cast.add_input(from);
    cast.add_output(to);
    onnx::AttributeProto& attribute = *cast.add_attribute();
    attribute.set_name("to");
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(element);
    return cast;
  }

  /// The tensor in another type, cast once however many nodes need it.
  std::string cast_once(const std::string& name, std::int32_t element) {
    std::unordered_map<std::string, std::string>& casts = element == kFloat ? float32_ : narrow_;
    const auto found = casts.find(name);
    if (found != casts.end()) return found->second;
    std::string cast = free_name(fmt::format("{} in {}", name, models::type_name(element)));
    add_cast(name, cast, element);
    casts.emplace(name, cast);
    return cast;
  }

  /// The tensor as it must be for a node that computes in float32, or in the new type.
  std::string in_type(const std::string& name, bool float32) {
    if (!is_float(name) || held_.contains(name) == float32) return name;
    return cast_once(name, float32 ? kFloat : target_);
  }

  /// Whether every float tensor of the node may have the new type.
  bool is_defined_for_target(const onnx::NodeProto& node) const {
    if (node.op_type() == "Constant" || !touches_float(node)) return true;
    // Operator sets before 22 have no convolution in bfloat16, and processors next to no kernels
    // for what they have: weights and inputs are rounded, and everything is computed in float32.
    if (target_ == onnx::TensorProto::BFLOAT16) return false;
    const Definition definition(*schema_of(node), wanted_);
    for (int i = 0; i < node.input_size(); ++i) {
      if (is_float(node.input(i)) && !definition.input_takes(i)) return false;
    }
    for (int i = 0; i < node.output_size(); ++i) {
      if (is_float(node.output(i)) && !definition.output_takes(i)) return false;
    }
    return true;
  }

  void convert_attributes(onnx::NodeProto& node) {
    if (node.op_type() == "Constant") {
      if (std::optional<onnx::TensorProto> tensor = models::constant_tensor(node);
          tensor && tensor->data_type() == kFloat) {
        convert_tensor(*tensor);
        node.clear_attribute();
        onnx::AttributeProto& attribute = *node.add_attribute();
        attribute.set_name("value");
        attribute.set_type(onnx::AttributeProto::TENSOR);
        attribute.mutable_t()->Swap(&*tensor);
      }
      return;
    }
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      const bool element = attribute.name() == "to" || attribute.name() == "dtype";
      if (element && attribute.i() == kFloat) attribute.set_i(target_);
      if (attribute.has_t()) convert_tensor(*attribute.mutable_t());
    }
  }

  void convert_node(onnx::NodeProto& node) {
    const bool float32 = !is_defined_for_target(node);
    for (std::string& input : *node.mutable_input()) input = in_type(input, float32);
    if (!float32) {
      convert_attributes(node);
      *graph_.add_node() = std::move(node);
      return;
    }
    report_.float32_nodes.push_back(node.name());
    // Its results stay in float32 for the next that needs them so; outputs of the network do not.
    std::vector<std::pair<std::string, std::string>> back;
    for (std::string& output : *node.mutable_output()) {
      if (output.empty() || !is_float(output)) continue;
      if (!wanted_outputs_.contains(output)) {
        held_.insert(output);
        continue;
      }
      const std::string inner = free_name(output + " in float");
      float32_.emplace(output, inner);
      back.emplace_back(inner, output);
      output = inner;
    }
    *graph_.add_node() = std::move(node);
    for (const auto& [from, to] : back) add_cast(from, to, target_);
  }

  onnx::ModelProto& model_;
  onnx::GraphProto& graph_;
  std::int32_t target_;
  std::string wanted_;
  models::TensorTypes types_;
  std::unordered_set<std::string> added_;
  std::unordered_set<std::string> wanted_outputs_;
  /// Tensors that stay in float32 under their own name.
  std::unordered_set<std::string> held_;
  /// Tensors and their copies in float32, and in the new type.
  std::unordered_map<std::string, std::string> float32_;
  std::unordered_map<std::string, std::string> narrow_;
  ConversionReport report_;
};

}  // namespace

Result<FloatType> parse_float_type(std::string_view text) {
  for (const FloatType type : {FloatType::kFloat32, FloatType::kFloat16, FloatType::kBFloat16}) {
    if (text == to_string(type)) return type;
  }
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("there is no type '{}' to compute in; use float32, float16 or bfloat16", text));
}

std::string_view to_string(FloatType type) {
  switch (type) {
    case FloatType::kFloat32:
      return "float32";
    case FloatType::kFloat16:
      return "float16";
    case FloatType::kBFloat16:
      return "bfloat16";
  }
  return "float32";
}

Result<ConversionReport> convert_model(OnnxModel& model, FloatType type) {
  if (type == FloatType::kFloat32) return ConversionReport{};
  try {
    if (type == FloatType::kBFloat16) {
      // Cast knows bfloat16 from operator set 13 on.
      if (Result<void> raised = models::raise_to_opset_13(model.proto().model); !raised) {
        return std::move(raised).error().with_context(
            fmt::format("'{}' cannot be converted to bfloat16", model.label()));
      }
    }
    return Converter(model.proto().model, type).convert();
  } catch (const std::exception& problem) {
    return Error(ErrorCode::kInternal,
                 fmt::format("'{}' cannot be converted: {}", model.label(), problem.what()));
  }
}

}  // namespace layerwatt
