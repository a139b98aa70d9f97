#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "layerwatt/core/file_text.h"

#include "models/onnx/external_data.h"
#include "models/onnx/infer_types.h"
#include "models/onnx/onnx_model.h"
#include "models/onnx/tensor_data.h"
#include "models/onnx/topological_order.h"

namespace layerwatt {
namespace {

constexpr std::size_t kLargestModel = std::numeric_limits<std::int32_t>::max();

Error not_onnx(std::string_view label, std::string_view why) {
  return Error(ErrorCode::kParse, fmt::format("'{}' is not an ONNX model: {}", label, why));
}

Error unreadable(std::string_view label, std::span<const std::byte> bytes) {
  // Field 1 of the message, ir_version, comes first in every file that a known exporter wrote.
  if (!bytes.empty() && bytes.front() == std::byte{0x08}) {
    return not_onnx(label,
                    "it begins like one but cannot be read to its end; it is cut short or damaged, "
                    "copy or download it again");
  }
  return not_onnx(label, "its first bytes are something else; export the network as ONNX");
}

/// Engines report layers by name, so that each node needs one of its own.
void name_nodes(onnx::GraphProto& graph) {
  std::unordered_set<std::string> taken;
  for (const onnx::NodeProto& node : graph.node()) taken.insert(node.name());
  std::unordered_set<std::string> seen;
  for (int i = 0; i < graph.node_size(); ++i) {
    onnx::NodeProto& node = *graph.mutable_node(i);
    if (!node.name().empty() && seen.insert(node.name()).second) continue;
    const std::string stem = node.name().empty() ? node.op_type() : node.name();
    std::string name = fmt::format("{}_{}", stem, i);
    while (taken.contains(name)) name += '_';
    taken.insert(name);
    seen.insert(name);
    node.set_name(name);
  }
}

/// Old exporters leave out the shapes of outputs, which libonnx's checker and readers want.
void complete_outputs(onnx::ModelProto& model) {
  const auto open = [](const onnx::ValueInfoProto& output) {
    return !output.type().has_tensor_type() || !output.type().tensor_type().has_shape();
  };
  auto& outputs = *model.mutable_graph()->mutable_output();
  if (std::none_of(outputs.begin(), outputs.end(), open)) return;
  const models::TensorTypes types = models::infer_tensor_types(model);
  for (onnx::ValueInfoProto& output : outputs) {
    const auto found = types.find(output.name());
    if (!open(output) || found == types.end() || !found->second.dimensions) continue;
    if (found->second.element == onnx::TensorProto::UNDEFINED) continue;
    models::set_tensor_type(output, found->second);
  }
}

Result<void> check_tensors(const onnx::GraphProto& graph) {
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    if (Result<void> size = models::check_size(tensor); !size) return size;
  }
  for (const onnx::NodeProto& node : graph.node()) {
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_t()) {
        if (Result<void> size = models::check_size(attribute.t()); !size) return size;
      }
      if (attribute.has_g()) {
        if (Result<void> inner = check_tensors(attribute.g()); !inner) return inner;
      }
    }
  }
  return {};
}

}  // namespace

Result<OnnxModel> OnnxModel::parse(std::span<const std::byte> bytes, std::string_view label,
                                   const std::filesystem::path& external_data_folder) {
  if (bytes.empty()) return not_onnx(label, "it is empty");
  if (bytes.size() > kLargestModel) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("'{}' is larger than 2 GiB, the most that one ONNX file can hold; "
                             "export it with external data",
                             label));
  }
  auto proto = std::make_unique<Proto>();
  proto->label = label;
  if (!proto->model.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return unreadable(label, bytes);
  }
  const onnx::ModelProto& model = proto->model;
  if (!model.has_graph() || model.graph().node_size() == 0) {
    if (!model.has_ir_version()) return unreadable(label, bytes);
    return not_onnx(label, "it has no graph, or a graph without nodes; it may be cut short");
  }
  if (model.opset_import_size() == 0 && model.ir_version() >= 3) {
    return not_onnx(label, "it does not say which operators it uses; it may be cut short");
  }
  const auto named = [&](Result<void> step) {
    return std::move(step).transform_error(
        [&](Error error) { return std::move(error).with_context(fmt::format("'{}'", label)); });
  };
  onnx::GraphProto& graph = *proto->model.mutable_graph();
  if (auto step = named(models::read_external_data(graph, external_data_folder)); !step) {
    return std::move(step).error();
  }
  if (auto step = named(check_tensors(graph)); !step) return std::move(step).error();
  if (auto step = named(models::sort_nodes(graph)); !step) return std::move(step).error();
  name_nodes(graph);
  complete_outputs(proto->model);
  return OnnxModel(std::move(proto));
}

Result<OnnxModel> OnnxModel::load(const std::filesystem::path& path) {
  Result<std::string> bytes = read_file(path, kLargestModel);
  if (!bytes) return std::move(bytes).error();
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  return parse(std::as_bytes(std::span(*bytes)), path.string(), folder);
}

}  // namespace layerwatt
