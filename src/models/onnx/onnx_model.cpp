#include "layerwatt/models/onnx_model.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "layerwatt/core/file_text.h"

#include "models/onnx/check_shapes.h"
#include "models/onnx/infer_types.h"
#include "models/onnx/onnx_model.h"
#include "models/onnx/tensor_data.h"

namespace layerwatt {
namespace {

std::unordered_set<std::string> initializer_names(const onnx::GraphProto& graph) {
  std::unordered_set<std::string> names;
  for (const onnx::TensorProto& tensor : graph.initializer()) names.insert(tensor.name());
  return names;
}

ModelTensor describe(const onnx::ValueInfoProto& value) {
  const models::TensorType type = models::tensor_type_of(value.type());
  ModelTensor tensor{value.name(),
                     models::type_name(type.element),
                     type.dimensions.value_or(std::vector<std::int64_t>{}),
                     {},
                     type.dimensions.has_value()};
  for (std::size_t i = 0; i < tensor.dimensions.size(); ++i) {
    const auto& dimension = value.type().tensor_type().shape().dim(static_cast<int>(i));
    tensor.dimension_names.push_back(tensor.dimensions[i] < 0 ? dimension.dim_param() : "");
  }
  return tensor;
}

/// Running mean and variance of batch normalisation, also where a cast stands in between.
std::unordered_set<std::string> statistics(const onnx::GraphProto& graph) {
  std::unordered_map<std::string, std::string> cast_from;
  std::unordered_set<std::string> names;
  for (const onnx::NodeProto& node : graph.node()) {
    if (node.op_type() == "Cast" && node.input_size() == 1 && node.output_size() == 1) {
      cast_from.emplace(node.output(0), node.input(0));
    }
    if (node.op_type() != "BatchNormalization") continue;
    for (int i = 3; i < node.input_size(); ++i) {
      const auto cast = cast_from.find(node.input(i));
      names.insert(cast == cast_from.end() ? node.input(i) : cast->second);
    }
  }
  return names;
}

/// Forgets what was inferred for other input shapes, and states the outputs anew.
Result<void> restate_shapes(onnx::ModelProto& model) {
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.clear_value_info();
  for (onnx::ValueInfoProto& output : *graph.mutable_output()) {
    if (output.type().has_tensor_type()) {
      output.mutable_type()->mutable_tensor_type()->clear_shape();
    }
  }
  const models::TensorTypes types = models::infer_tensor_types(model);
  if (Result<void> fits = models::check_shapes(model, types); !fits) return fits;
  for (onnx::ValueInfoProto& output : *graph.mutable_output()) {
    const auto found = types.find(output.name());
    if (found == types.end() || found->second.element == onnx::TensorProto::UNDEFINED) continue;
    models::set_tensor_type(output, found->second);
  }
  return {};
}

/// What a change of shapes touches, to undo it. Weights stay where they are.
struct Signature {
  explicit Signature(const onnx::GraphProto& graph)
      : input(graph.input()), output(graph.output()), value_info(graph.value_info()) {}

  void restore(onnx::GraphProto& graph) {
    graph.mutable_input()->Swap(&input);
    graph.mutable_output()->Swap(&output);
    graph.mutable_value_info()->Swap(&value_info);
  }

  google::protobuf::RepeatedPtrField<onnx::ValueInfoProto> input;
  google::protobuf::RepeatedPtrField<onnx::ValueInfoProto> output;
  google::protobuf::RepeatedPtrField<onnx::ValueInfoProto> value_info;
};

template <class Change>
Result<void> change_inputs(OnnxModel::Proto& proto, Change&& change) {
  onnx::GraphProto& graph = *proto.model.mutable_graph();
  Signature before(graph);
  Result<void> changed = change(graph);
  if (changed) changed = restate_shapes(proto.model);
  if (!changed) {
    before.restore(graph);
    return std::move(changed).transform_error([&](Error error) {
      return std::move(error).with_context(fmt::format("'{}'", proto.label));
    });
  }
  return {};
}

Result<void> set_shape(onnx::GraphProto& graph, const std::string& input,
                       const std::vector<std::int64_t>& dimensions) {
  const auto wrong = [](std::string message) {
    return Error(ErrorCode::kInvalidArgument, std::move(message));
  };
  for (onnx::ValueInfoProto& value : *graph.mutable_input()) {
    if (value.name() != input) continue;
    models::TensorType type = models::tensor_type_of(value.type());
    if (type.dimensions && type.dimensions->size() != dimensions.size()) {
      return wrong(fmt::format("the input '{}' has {} dimensions, not {}", input,
                               type.dimensions->size(), dimensions.size()));
    }
    for (const std::int64_t dimension : dimensions) {
      if (dimension < 1) {
        return wrong(fmt::format("a dimension of the input '{}' cannot be {}", input, dimension));
      }
    }
    type.dimensions = dimensions;
    models::set_tensor_type(value, type);
    return {};
  }
  return wrong(fmt::format("there is no input '{}'", input));
}

}  // namespace

OnnxModel::OnnxModel(std::unique_ptr<Proto> proto) : proto_(std::move(proto)) {}
OnnxModel::OnnxModel(OnnxModel&&) noexcept = default;
OnnxModel& OnnxModel::operator=(OnnxModel&&) noexcept = default;
OnnxModel::~OnnxModel() = default;

Result<std::vector<std::byte>> OnnxModel::serialise() const {
  const std::size_t size = proto_->model.ByteSizeLong();
  if (size > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("'{}' has more than 2 GiB, the most that one ONNX file can hold", label()));
  }
  std::vector<std::byte> bytes(size);
  google::protobuf::io::ArrayOutputStream array(bytes.data(), static_cast<int>(size));
  google::protobuf::io::CodedOutputStream stream(&array);
  // Maps would come in any order without this.
  stream.SetSerializationDeterministic(true);
  if (!proto_->model.SerializePartialToCodedStream(&stream) || stream.HadError()) {
    return Error(ErrorCode::kInternal, fmt::format("protobuf cannot write '{}'", label()));
  }
  return bytes;
}

Result<void> OnnxModel::save(const std::filesystem::path& path) const {
  Result<std::vector<std::byte>> bytes = serialise();
  if (!bytes) return std::move(bytes).error();
  return write_file_atomically(
      path, std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()));
}

const std::string& OnnxModel::label() const { return proto_->label; }

std::vector<ModelTensor> OnnxModel::inputs() const {
  const onnx::GraphProto& graph = proto_->model.graph();
  const std::unordered_set<std::string> weights = initializer_names(graph);
  std::vector<ModelTensor> result;
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (!weights.contains(input.name())) result.push_back(describe(input));
  }
  return result;
}

std::vector<ModelTensor> OnnxModel::outputs() const {
  std::vector<ModelTensor> result;
  for (const onnx::ValueInfoProto& output : proto_->model.graph().output()) {
    result.push_back(describe(output));
  }
  return result;
}

std::vector<ModelNode> OnnxModel::nodes() const {
  std::vector<ModelNode> result;
  for (const onnx::NodeProto& node : proto_->model.graph().node()) {
    result.push_back({node.name(),
                      node.op_type(),
                      models::is_default_domain(node.domain()) ? std::string() : node.domain(),
                      {node.input().begin(), node.input().end()},
                      {node.output().begin(), node.output().end()}});
  }
  return result;
}

void OnnxModel::rename_nodes(std::span<const std::string> names) {
  onnx::GraphProto& graph = *proto_->model.mutable_graph();
  for (int i = 0; i < graph.node_size(); ++i) {
    graph.mutable_node(i)->set_name(names[static_cast<std::size_t>(i)]);
  }
}

std::optional<std::int64_t> OnnxModel::opset(std::string_view domain) const {
  return models::imported_opset(proto_->model, domain);
}

std::int64_t OnnxModel::parameter_count() const {
  const onnx::GraphProto& graph = proto_->model.graph();
  const std::unordered_set<std::string> excluded = statistics(graph);
  std::int64_t total = 0;
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    if (!models::is_float(tensor.data_type()) || excluded.contains(tensor.name())) continue;
    total += models::element_count(tensor).value_or(0);
  }
  return total;
}

Result<void> OnnxModel::set_input_shape(std::string_view input,
                                        std::span<const std::int64_t> dimensions) {
  return set_input_shapes({{std::string(input), {dimensions.begin(), dimensions.end()}}});
}

Result<void> OnnxModel::set_input_shapes(const TensorShapes& shapes) {
  if (shapes.empty()) return {};
  return change_inputs(*proto_, [&](onnx::GraphProto& graph) -> Result<void> {
    for (const auto& [name, dimensions] : shapes) {
      if (auto set = set_shape(graph, name, dimensions); !set) return set;
    }
    return {};
  });
}

Result<void> OnnxModel::set_batch(std::int64_t batch) {
  if (batch < 1) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("a batch cannot be {}", batch));
  }
  return change_inputs(*proto_, [&](onnx::GraphProto& graph) -> Result<void> {
    const std::unordered_set<std::string> weights = initializer_names(graph);
    for (onnx::ValueInfoProto& value : *graph.mutable_input()) {
      models::TensorType type = models::tensor_type_of(value.type());
      if (weights.contains(value.name()) || !type.dimensions || type.dimensions->empty()) continue;
      type.dimensions->front() = batch;
      models::set_tensor_type(value, type);
    }
    return {};
  });
}

Result<void> OnnxModel::fix_free_dimensions() {
  bool any = false;
  for (const ModelTensor& input : inputs()) {
    for (const std::int64_t dimension : input.dimensions) any = any || dimension < 0;
  }
  if (!any) return {};
  return change_inputs(*proto_, [&](onnx::GraphProto& graph) -> Result<void> {
    for (onnx::ValueInfoProto& value : *graph.mutable_input()) {
      models::TensorType type = models::tensor_type_of(value.type());
      if (!type.dimensions) continue;
      for (std::int64_t& dimension : *type.dimensions) dimension = dimension < 0 ? 1 : dimension;
      models::set_tensor_type(value, type);
    }
    return {};
  });
}

TensorShapes OnnxModel::infer_shapes(const TensorShapes* known) const {
  TensorShapes shapes;
  for (auto& [name, type] : models::infer_tensor_types(proto_->model, {known, nullptr})) {
    if (type.dimensions) shapes.emplace(name, std::move(*type.dimensions));
  }
  return shapes;
}

}  // namespace layerwatt
