#include "layerwatt/models/segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "models/onnx/infer_types.h"
#include "models/onnx/onnx_model.h"
#include "models/onnx/tensor_data.h"
#include "models/onnx/topological_order.h"

namespace layerwatt {
namespace {

constexpr std::size_t kNone = SIZE_MAX;

class Cutter {
 public:
  Cutter(const OnnxModel& whole, const CutOptions& options)
      : whole_(whole),
        model_(whole.proto().model),
        graph_(model_.graph()),
        options_(options),
        types_(models::infer_tensor_types(model_, {options.known_shapes, options.known_types})) {
    for (const onnx::TensorProto& tensor : graph_.initializer()) {
      initializers_.emplace(tensor.name(), &tensor);
    }
    for (int i = 0; i < graph_.node_size(); ++i) {
      for (const std::string& output : graph_.node(i).output()) {
        if (!output.empty()) producer_.emplace(output, static_cast<std::size_t>(i));
      }
    }
    for (const onnx::ValueInfoProto& output : graph_.output()) wanted_.insert(output.name());
  }

  Result<CutModel> cut() {
    find_constant_nodes();
    if (Result<void> grouped = assign_segments(); !grouped) return std::move(grouped).error();
    if (Result<void> ordered = order_segments(); !ordered) return std::move(ordered).error();
    find_boundaries();
    CutModel result;
    for (std::size_t i = 0; i < node_count(); ++i) {
      if (constant_[i]) {
        result.left_out.push_back(
            {graph_.node(static_cast<int>(i)).name(), "it depends on weights alone"});
      }
    }
    std::unordered_map<std::string, std::size_t> made_by;
    for (const std::size_t id : order_) {
      Result<ModelSegment> segment = build(id);
      if (!segment && options_.leave_out_unsupported &&
          segment.error().code() == ErrorCode::kUnsupported) {
        result.left_out.push_back({segments_[id].name, segment.error().message()});
        continue;
      }
      if (!segment) return std::move(segment).error();
      const std::size_t index = result.segments.size();
      for (const std::string& name : segment->inputs) {
        const auto from = made_by.find(name);
        result.feeds.push_back(
            {name, from == made_by.end() ? std::nullopt : std::optional(from->second), index});
      }
      for (const std::string& name : segment->outputs) made_by.emplace(name, index);
      result.segments.push_back(*std::move(segment));
    }
    return result;
  }

 private:
  struct Parts {
    std::string name;
    std::vector<std::size_t> nodes;
    std::set<std::string> inputs;
    std::set<std::string> outputs;
  };

  std::size_t node_count() const { return static_cast<std::size_t>(graph_.node_size()); }
  const onnx::NodeProto& node(std::size_t index) const {
    return graph_.node(static_cast<int>(index));
  }

  /// Nodes all of whose inputs are weights, down from Constant.
  void find_constant_nodes() {
    constant_.assign(node_count(), false);
    for (std::size_t i = 0; i < node_count(); ++i) {
      const std::vector<std::string> inputs = models::consumed_tensors(node(i));
      const bool random = node(i).op_type().starts_with("Random");
      constant_[i] = !random && std::all_of(inputs.begin(), inputs.end(), [&](const auto& name) {
        if (initializers_.contains(name)) return true;
        const auto from = producer_.find(name);
        return from != producer_.end() && constant_[from->second];
      });
    }
  }

  Result<void> assign_segments() {
    segment_of_.assign(node_count(), kNone);
    std::unordered_map<std::string, std::size_t> by_name;
    for (std::size_t i = 0; i < node_count(); ++i) by_name.emplace(node(i).name(), i);
    for (const NodeGroup& group : options_.groups) {
      Parts parts;
      parts.name = group.name;
      for (const std::string& name : group.nodes) {
        const auto found = by_name.find(name);
        if (found == by_name.end()) {
          return Error(ErrorCode::kInvalidArgument,
                       fmt::format("'{}' has no node '{}', which the group '{}' names",
                                   whole_.label(), name, group.name));
        }
        if (constant_[found->second]) continue;
        if (segment_of_[found->second] != kNone) {
          return Error(ErrorCode::kInvalidArgument,
                       fmt::format("the node '{}' is in two groups, or twice in one", name));
        }
        segment_of_[found->second] = segments_.size();
        parts.nodes.push_back(found->second);
      }
      if (parts.nodes.empty()) continue;
      std::sort(parts.nodes.begin(), parts.nodes.end());
      segments_.push_back(std::move(parts));
    }
    for (std::size_t i = 0; i < node_count(); ++i) {
      if (constant_[i] || segment_of_[i] != kNone) continue;
      segment_of_[i] = segments_.size();
      segments_.push_back({node(i).name(), {i}, {}, {}});
    }
    return {};
  }

  /// The segments that have to run before this one.
  std::set<std::size_t> sources(std::size_t id) const {
    std::set<std::size_t> result;
    for (const std::size_t index : segments_[id].nodes) {
      for (const std::string& name : models::consumed_tensors(node(index))) {
        const auto from = producer_.find(name);
        if (from == producer_.end() || constant_[from->second]) continue;
        if (segment_of_[from->second] != id) result.insert(segment_of_[from->second]);
      }
    }
    return result;
  }

  /// By first node, as far as dependences between groups allow.
  Result<void> order_segments() {
    std::vector<std::set<std::size_t>> consumers(segments_.size());
    std::vector<std::size_t> waiting(segments_.size(), 0);
    for (std::size_t id = 0; id < segments_.size(); ++id) {
      for (const std::size_t source : sources(id)) {
        consumers[source].insert(id);
        ++waiting[id];
      }
    }
    std::set<std::pair<std::size_t, std::size_t>> ready;
    const auto make_ready = [&](std::size_t id) { ready.emplace(segments_[id].nodes.front(), id); };
    for (std::size_t id = 0; id < segments_.size(); ++id) {
      if (waiting[id] == 0) make_ready(id);
    }
    while (!ready.empty()) {
      const std::size_t id = ready.begin()->second;
      ready.erase(ready.begin());
      order_.push_back(id);
      for (const std::size_t consumer : consumers[id]) {
        if (--waiting[consumer] == 0) make_ready(consumer);
      }
    }
    for (std::size_t id = 0; id < segments_.size(); ++id) {
      if (waiting[id] == 0) continue;
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("the group '{}' cannot run as one: a node outside it needs one of "
                               "its results and makes one of its inputs",
                               segments_[id].name));
    }
    return {};
  }

  void find_boundaries() {
    for (std::size_t id = 0; id < segments_.size(); ++id) {
      for (const std::size_t index : segments_[id].nodes) {
        for (const std::string& name : models::consumed_tensors(node(index))) {
          const auto from = producer_.find(name);
          if (from == producer_.end()) {
            if (!initializers_.contains(name)) segments_[id].inputs.insert(name);
          } else if (!constant_[from->second] && segment_of_[from->second] != id) {
            segments_[id].inputs.insert(name);
            segments_[segment_of_[from->second]].outputs.insert(name);
          }
        }
        for (const std::string& name : node(index).output()) {
          if (wanted_.contains(name)) segments_[id].outputs.insert(name);
        }
      }
    }
    // A segment whose results nobody wants still has to run and be timed: its first one is kept.
    for (Parts& parts : segments_) {
      const onnx::NodeProto& last = node(parts.nodes.back());
      if (parts.outputs.empty() && last.output_size() > 0) parts.outputs.insert(last.output(0));
    }
  }

  Result<void> declare(const std::set<std::string>& names, const std::string& segment,
                       google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>& values) {
    for (const std::string& name : names) {
      const auto found = types_.find(name);
      if (found == types_.end() || found->second.element == onnx::TensorProto::UNDEFINED) {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("the layer '{}' cannot stand alone: the type of its tensor '{}' "
                                 "is unknown; it may come from an operator of another set",
                                 segment, name));
      }
      onnx::ValueInfoProto& value = *values.Add();
      value.set_name(name);
      models::set_tensor_type(value, found->second);
    }
    return {};
  }

  /// Copies what is constant: weights, and the nodes that compute with nothing else.
  void copy_constant(const std::string& name, onnx::GraphProto& graph,
                     std::set<std::string>& copied) {
    if (!copied.insert(name).second) return;
    if (const auto weight = initializers_.find(name); weight != initializers_.end()) {
      *graph.add_initializer() = *weight->second;
      return;
    }
    const auto from = producer_.find(name);
    if (from == producer_.end() || !constant_[from->second]) return;
    const onnx::NodeProto& maker = node(from->second);
    for (const std::string& output : maker.output()) copied.insert(output);
    for (const std::string& input : models::consumed_tensors(maker)) {
      copy_constant(input, graph, copied);
    }
    *graph.add_node() = maker;
  }

  Result<ModelSegment> build(std::size_t id) {
    const Parts& parts = segments_[id];
    auto proto = std::make_unique<OnnxModel::Proto>();
    proto->label = fmt::format("{}: {}", whole_.label(), parts.name);
    onnx::ModelProto& model = proto->model;
    model.set_ir_version(std::max<std::int64_t>(model_.ir_version(), 4));
    model.set_producer_name("layerwatt");
    *model.mutable_opset_import() = model_.opset_import();
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.set_name(parts.name);
    std::set<std::string> copied;
    for (const std::size_t index : parts.nodes) {
      for (const std::string& name : models::consumed_tensors(node(index))) {
        copy_constant(name, graph, copied);
      }
    }
    std::vector<std::string> names;
    for (const std::size_t index : parts.nodes) {
      *graph.add_node() = node(index);
      names.push_back(node(index).name());
    }
    if (Result<void> in = declare(parts.inputs, parts.name, *graph.mutable_input()); !in) {
      return std::move(in).error();
    }
    if (Result<void> out = declare(parts.outputs, parts.name, *graph.mutable_output()); !out) {
      return std::move(out).error();
    }
    return ModelSegment{parts.name,
                        OnnxModel(std::move(proto)),
                        {parts.inputs.begin(), parts.inputs.end()},
                        {parts.outputs.begin(), parts.outputs.end()},
                        std::move(names)};
  }

  const OnnxModel& whole_;
  const onnx::ModelProto& model_;
  const onnx::GraphProto& graph_;
  const CutOptions& options_;
  models::TensorTypes types_;
  std::unordered_map<std::string, const onnx::TensorProto*> initializers_;
  std::unordered_map<std::string, std::size_t> producer_;
  std::unordered_set<std::string> wanted_;
  std::vector<bool> constant_;
  std::vector<std::size_t> segment_of_;
  std::vector<Parts> segments_;
  std::vector<std::size_t> order_;
};

}  // namespace

Result<CutModel> cut_segments(const OnnxModel& model, const CutOptions& options) {
  return Cutter(model, options).cut();
}

OnnxModel expose_tensors(const OnnxModel& model, const std::vector<std::string>& names) {
  auto proto = std::make_unique<OnnxModel::Proto>(model.proto());
  for (const std::string& name : names) proto->model.mutable_graph()->add_output()->set_name(name);
  return OnnxModel(std::move(proto));
}

}  // namespace layerwatt
