#include "running/passes/segment_sessions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "layerwatt/core/half_float.h"
#include "layerwatt/models/onnx_model.h"
#include "layerwatt/models/segments.h"
#include "layerwatt/running/tensorrt_model.h"

#include "running/passes/fusion_groups.h"
#include "running/passes/onnx_type_names.h"

namespace layerwatt {
namespace {

using KnownTypes = std::map<std::string, std::string, std::less<>>;

/// Shapes and types of all tensors, as the engine reported them for the network's layers.
void known_tensors(const PreparedNetwork& network, TensorShapes& shapes, KnownTypes& types) {
  for (const Layer& layer : network.layers) {
    for (const TensorInfo& tensor : layer.outputs) {
      if (tensor.name.empty()) continue;
      if (std::ranges::none_of(tensor.dimensions, [](std::int64_t d) { return d < 0; })) {
        shapes.insert_or_assign(tensor.name, tensor.dimensions);
      }
      if (const auto type = onnx_type_of_format(tensor.format)) {
        types.insert_or_assign(tensor.name, std::string(*type));
      }
    }
  }
}

/// The graph is what the engine runs: each node is a layer.
Result<CutModel> cut_into_nodes(const OnnxModel& model, const PreparedNetwork& network) {
  TensorShapes shapes;
  KnownTypes types;
  known_tensors(network, shapes, types);
  return cut_segments(model, CutOptions{.groups = {},
                                        .known_shapes = &shapes,
                                        .known_types = &types,
                                        .leave_out_unsupported = true});
}

/// The engine fused nodes into layers, and says which: each group is an engine of its own.
Result<CutModel> cut_along_fusions(const OnnxModel& model, const PreparedNetwork& network,
                                   std::vector<std::string>& left_out) {
  CutOptions options;
  options.groups = fusion_groups(model.nodes(), network.layers, left_out);
  options.leave_out_unsupported = true;
  return cut_segments(model, options);
}

/// Activations that are still needed, by name. Each goes when its last reader has had it.
class Activations {
 public:
  Activations(const PreparedNetwork& network, const CutModel& cut,
              const std::vector<Tensor>& whole_outputs) {
    for (const ModelSegment& segment : cut.segments) {
      for (const std::string& name : segment.inputs) ++readers_[name];
    }
    for (const Tensor& output : whole_outputs) ++readers_[output.name];  // kept to the end
    for (const Tensor& input : network.inputs) put(input);
  }

  void put(Tensor tensor) {
    if (readers_.contains(tensor.name)) {
      std::string name = tensor.name;
      tensors_.insert_or_assign(std::move(name), std::move(tensor));
    }
  }

  /// The inputs of one segment.
  Result<std::vector<Tensor>> take(const ModelSegment& segment) {
    std::vector<Tensor> inputs;
    for (const std::string& name : segment.inputs) {
      const auto found = tensors_.find(name);
      if (found == tensors_.end()) {
        return Error(ErrorCode::kInternal, fmt::format("layer '{}' needs '{}', which no layer "
                                                       "before it puts out",
                                                       segment.name, name));
      }
      if (--readers_[name] == 0) {
        inputs.push_back(std::move(found->second));
        tensors_.erase(found);
      } else {
        inputs.push_back(found->second);
      }
    }
    return inputs;
  }

  std::vector<Tensor> outputs(const std::vector<Tensor>& whole_outputs) const {
    std::vector<Tensor> found;
    for (const Tensor& output : whole_outputs) {
      const auto tensor = tensors_.find(output.name);
      if (tensor != tensors_.end()) found.push_back(tensor->second);
    }
    return found;
  }

 private:
  std::unordered_map<std::string, int> readers_;
  std::unordered_map<std::string, Tensor> tensors_;
};

/// Runs the whole network and takes tensors from inside it: what a layer makes that cannot run
/// alone.
Result<std::vector<Tensor>> capture(RunState& state, const OnnxModel& model,
                                    const std::vector<std::string>& names) {
  auto bytes = expose_tensors(model, names).serialise();
  if (!bytes) return std::move(bytes).error();
  auto session = state.load(*bytes, state.network.name, false);
  if (!session) return std::move(session).error();
  if (auto r = (*session)->bind(state.network.inputs); !r) return std::move(r).error();
  if (auto r = (*session)->run(); !r) return std::move(r).error();
  auto outputs = (*session)->read_outputs();
  if (!outputs) return outputs;
  std::erase_if(*outputs, [&](const Tensor& tensor) {
    return std::ranges::find(names, tensor.name) == names.end();
  });
  return outputs;
}

/// Activations that segments need and no segment makes.
std::vector<std::string> orphans(const PreparedNetwork& network, const CutModel& cut) {
  std::set<std::string> made;
  for (const Tensor& input : network.inputs) made.insert(input.name);
  for (const ModelSegment& segment : cut.segments) {
    made.insert(segment.outputs.begin(), segment.outputs.end());
  }
  std::set<std::string> missing;
  for (const ModelSegment& segment : cut.segments) {
    for (const std::string& name : segment.inputs) {
      if (!made.contains(name)) missing.insert(name);
    }
  }
  return {missing.begin(), missing.end()};
}

/// A segment that ran once on its inputs, with what it put out.
struct Tried {
  std::unique_ptr<Session> session;
  std::vector<Tensor> outputs;
};

Result<Tried> try_segment(RunState& state, const ModelSegment& segment,
                          const std::vector<Tensor>& inputs) {
  auto bytes = segment.model.serialise();
  if (!bytes) return std::move(bytes).error();
  auto session = state.load(*bytes, segment.name, false);
  if (!session) return std::move(session).error();
  if (auto r = (*session)->bind(inputs); !r) return std::move(r).error();
  if (auto r = (*session)->run(); !r) return std::move(r).error();
  auto outputs = (*session)->read_outputs();
  if (!outputs) return std::move(outputs).error();
  return Tried{*std::move(session), *std::move(outputs)};
}

double element(const Tensor& tensor, std::size_t index) {
  const std::byte* const at = tensor.data.data() + index * size_of(tensor.type);
  const auto read = [at]<class T>(T value) {
    std::memcpy(&value, at, sizeof(T));
    return value;
  };
  switch (tensor.type) {
    case DataType::kFloat32:
      return static_cast<double>(read(float{}));
    case DataType::kFloat64:
      return read(double{});
    case DataType::kFloat16:
      return static_cast<double>(float_of_float16(read(std::uint16_t{})));
    case DataType::kBFloat16:
      return static_cast<double>(float_of_bfloat16(read(std::uint16_t{})));
    case DataType::kInt8:
      return read(std::int8_t{});
    case DataType::kBool:
    case DataType::kUint8:
      return read(std::uint8_t{});
    case DataType::kInt16:
      return read(std::int16_t{});
    case DataType::kUint16:
      return read(std::uint16_t{});
    case DataType::kInt32:
      return read(std::int32_t{});
    case DataType::kUint32:
      return read(std::uint32_t{});
    case DataType::kInt64:
      return static_cast<double>(read(std::int64_t{}));
    case DataType::kUint64:
      return static_cast<double>(read(std::uint64_t{}));
  }
  return 0.0;
}

}  // namespace

double relative_difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  constexpr double kApart = std::numeric_limits<double>::infinity();
  double largest = 0.0;
  double difference = 0.0;
  for (const Tensor& right : b) {
    const auto left =
        std::ranges::find_if(a, [&](const Tensor& tensor) { return tensor.name == right.name; });
    if (left == a.end() || left->type != right.type || left->dimensions != right.dimensions ||
        left->data.size() != right.data.size()) {
      return kApart;
    }
    if (left->data == right.data) continue;
    for (std::size_t i = 0; i < right.data.size() / size_of(right.type); ++i) {
      const double l = element(*left, i);
      const double r = element(right, i);
      if (std::isnan(l) != std::isnan(r)) return kApart;
      if (std::isnan(r) || l == r) continue;
      difference = std::max(difference, std::abs(l - r));
      largest = std::max({largest, std::abs(r), std::abs(l)});
    }
  }
  return difference == 0.0 ? 0.0 : difference / largest;
}

Result<SegmentSessions> open_segments(RunState& state, const std::vector<Tensor>& whole_outputs) {
  const PreparedNetwork& network = state.network;
  if (state.engine.inspects() && is_serialised_engine(network.path)) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: an engine that is built already cannot be cut into its layers; "
                             "give the ONNX model, or use --schedule whole",
                             network.path));
  }
  auto model = OnnxModel::parse(network.graph, network.name);
  if (!model) return std::move(model).error();
  SegmentSessions opened;
  auto cut = state.engine.inspects() ? cut_along_fusions(*model, network, opened.left_out)
                                     : cut_into_nodes(*model, network);
  if (!cut) return std::move(cut).error();

  std::unordered_map<std::string_view, std::int32_t> layer_of;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    layer_of.emplace(network.layers[i].name, static_cast<std::int32_t>(i));
  }
  Activations activations(network, *cut, whole_outputs);
  PhaseProgress progress(state, RunPhase::kPreparing,
                         static_cast<std::int64_t>(cut->segments.size()), std::nullopt);
  const auto put_captured = [&](const std::vector<std::string>& names) -> Result<void> {
    if (names.empty()) return {};
    auto captured = capture(state, *model, names);
    if (!captured) return std::move(captured).error();
    for (Tensor& tensor : *captured) activations.put(std::move(tensor));
    return {};
  };
  if (auto r = put_captured(orphans(network, *cut)); !r) return std::move(r).error();
  for (const ModelSegment& segment : cut->segments) {
    auto inputs = activations.take(segment);
    if (!inputs) return std::move(inputs).error();
    auto tried = try_segment(state, segment, *inputs);
    if (!tried) {
      opened.left_out.push_back(fmt::format("{}: {}", segment.name, tried.error().to_string()));
      if (auto r = put_captured(segment.outputs); !r) return std::move(r).error();
      continue;
    }
    for (Tensor& output : tried->outputs) activations.put(std::move(output));

    const auto layer = layer_of.find(segment.name);
    if (layer != layer_of.end()) {
      opened.segments.push_back({.layer = layer->second, .session = std::move(tried->session)});
    }
    progress.advance(MonotonicClock::now());
    if (state.cancellation.requested()) {
      return Error(ErrorCode::kCancelled, "stopped while the network was cut into its layers");
    }
  }
  for (const LeftOutNode& node : cut->left_out) {
    if (layer_of.contains(node.name)) {
      opened.left_out.push_back(fmt::format("{}: {}", node.name, node.reason));
    }
  }
  if (opened.segments.empty()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: none of the {} layers can run alone; use --schedule whole",
                             network.name, network.layers.size()));
  }
  opened.difference = relative_difference(activations.outputs(whole_outputs), whole_outputs);
  return opened;
}

}  // namespace layerwatt
