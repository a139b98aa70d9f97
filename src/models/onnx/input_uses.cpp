#include "layerwatt/models/input_uses.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "models/onnx/infer_types.h"
#include "models/onnx/onnx_model.h"
#include "models/onnx/tensor_data.h"
#include "models/onnx/topological_order.h"

namespace layerwatt {
namespace {

/// Operators whose result has the values of their first input, or some of them.
constexpr std::array<std::string_view, 15> kHandOn = {
    "Cast",   "Identity", "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Transpose", "Slice",
    "Expand", "Tile",     "Gather",  "Split",     "Clip",    "Pad",     "Dropout"};

/// All nodes, those of subgraphs too: names of tensors are unique across them.
class Graph {
 public:
  explicit Graph(const OnnxModel& model)
      : model_(model.proto().model), types_(models::infer_tensor_types(model_)) {
    for (const ModelTensor& input : model.inputs()) inputs_.push_back(input.name);
    add(model_.graph());
  }

  std::vector<InputUse> uses() {
    for (const onnx::NodeProto* node : nodes_) {
      if (node->op_type() == "If" && node->input_size() > 0) decide(*node, node->input(0));
      if (node->op_type() == "Loop") {
        for (int i = 0; i < std::min(2, node->input_size()); ++i) decide(*node, node->input(i));
      }
      if (const auto bounded = bounds(*node)) limit(bounded->tensor, bounded->range);
    }
    for (const onnx::NodeProto* node : nodes_) suggest(*node);
    std::vector<InputUse> found;
    for (const std::string& input : inputs_) {
      const auto use = uses_.find(input);
      if (use != uses_.end()) found.push_back(use->second);
    }
    return found;
  }

 private:
  struct Bounded {
    std::string tensor;
    ValueRange range;
  };

  void add(const onnx::GraphProto& graph) {
    for (const onnx::TensorProto& tensor : graph.initializer()) note(tensor);
    for (const onnx::NodeProto& node : graph.node()) {
      nodes_.push_back(&node);
      for (const std::string& output : node.output()) producer_.emplace(output, &node);
      if (node.op_type() == "Constant") {
        if (const auto tensor = models::constant_tensor(node)) note(*tensor);
      }
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (attribute.has_g()) add(attribute.g());
        for (const onnx::GraphProto& inner : attribute.graphs()) add(inner);
      }
    }
  }

  /// Keeps small constants.
  void note(const onnx::TensorProto& tensor) {
    if (models::element_count(tensor) == 1) constants_.emplace(tensor.name(), tensor);
  }

  bool is_input(const std::string& tensor) const {
    return std::ranges::find(inputs_, tensor) != inputs_.end();
  }

  InputUse& use_of(const std::string& input) {
    InputUse& use = uses_[input];
    use.input = input;
    return use;
  }

  /// Calls `reached` for each input of the network from which `tensor` can be come to by what
  /// `sources` says of a node.
  template <class Sources, class Reached>
  void trace(const std::string& tensor, Sources&& sources, Reached&& reached) const {
    std::vector<std::string> to_visit{tensor};
    std::unordered_set<std::string> seen;
    while (!to_visit.empty()) {
      const std::string name = std::move(to_visit.back());
      to_visit.pop_back();
      if (name.empty() || !seen.insert(name).second) continue;
      const auto maker = producer_.find(name);
      if (maker != producer_.end()) {
        sources(*maker->second, to_visit);
      } else if (is_input(name)) {
        reached(name);
      }
    }
  }

  void decide(const onnx::NodeProto& node, const std::string& tensor) {
    const auto sources = [](const onnx::NodeProto& maker, std::vector<std::string>& to_visit) {
      // What they tell is known from the shapes, whatever the values are.
      if (maker.op_type() == "Shape" || maker.op_type() == "Size") return;
      const auto names = models::consumed_tensors(maker);
      to_visit.insert(to_visit.end(), names.begin(), names.end());
    };
    trace(tensor, sources, [&](const std::string& input) {
      InputUse& use = use_of(input);
      if (!use.decides.empty()) return;
      use.decides = node.name().empty() ? node.op_type() : node.name();
      use.decides_type = node.op_type();
    });
  }

  /// Where a node's values come from that it only hands on.
  static void handed_on(const onnx::NodeProto& maker, std::vector<std::string>& to_visit) {
    const std::string& type = maker.op_type();
    if (type == "Concat") {
      to_visit.insert(to_visit.end(), maker.input().begin(), maker.input().end());
    } else if (type == "Where" && maker.input_size() == 3) {
      to_visit.push_back(maker.input(1));
      to_visit.push_back(maker.input(2));
    } else if (maker.input_size() > 0 && std::ranges::find(kHandOn, type) != kHandOn.end()) {
      to_visit.push_back(maker.input(0));
    }
  }

  void limit(const std::string& tensor, const ValueRange& range) {
    trace(tensor, handed_on, [&](const std::string& input) {
      std::optional<ValueRange>& known = use_of(input).range;
      if (!known) known = range;
      known->low = std::max(known->low, range.low);
      known->high = std::max(known->low, std::min(known->high, range.high));
    });
  }

  /// The only element of a constant of whole numbers.
  std::optional<std::int64_t> constant(const std::string& tensor) const {
    const auto found = constants_.find(tensor);
    if (found == constants_.end()) return std::nullopt;
    const auto numbers = models::integer_values(found->second);
    if (!numbers || numbers->size() != 1) return std::nullopt;
    return numbers->front();
  }

  /// What decides a branch by being equal to a number is taken to be that number, the first where
  /// there are several: any other would be as good as none of them.
  void suggest(const onnx::NodeProto& node) {
    if (node.op_type() != "Equal" || node.input_size() != 2) return;
    for (const int side : {0, 1}) {
      const auto number = constant(node.input(1 - side));
      if (!number) continue;
      trace(node.input(side), handed_on, [&](const std::string& input) {
        const auto use = uses_.find(input);
        if (use == uses_.end() || use->second.decides.empty() || use->second.range) return;
        use->second.range = ValueRange{*number, *number};
      });
    }
  }

  /// A dimension of a tensor, counted from its end where negative; nullopt where it is not known.
  std::optional<std::int64_t> dimension(const std::string& tensor, std::int64_t index) const {
    const auto type = types_.find(tensor);
    if (type == types_.end() || !type->second.dimensions) return std::nullopt;
    const auto& dimensions = *type->second.dimensions;
    if (index < 0) index += static_cast<std::int64_t>(dimensions.size());
    if (index < 0 || index >= static_cast<std::int64_t>(dimensions.size())) return std::nullopt;
    const std::int64_t size = dimensions[static_cast<std::size_t>(index)];
    return size > 0 ? std::optional(size) : std::nullopt;
  }

  /// Indices into so many entries; into an unknown number, the first is sure to be there.
  static ValueRange below(std::optional<std::int64_t> count) { return {0, count.value_or(1) - 1}; }

  /// Of indices whose last dimension goes through the first ones of what they point into.
  ValueRange below_all(const std::string& data, const std::string& indices) const {
    const std::int64_t depth = dimension(indices, -1).value_or(1);
    ValueRange range = below(dimension(data, 0));
    for (std::int64_t i = 1; i < depth; ++i) {
      range.high = std::min(range.high, below(dimension(data, i)).high);
    }
    return range;
  }

  /// Which of the node's inputs must hold integers within bounds.
  std::optional<Bounded> bounds(const onnx::NodeProto& node) const {
    const std::string& type = node.op_type();
    const auto input = [&](int i) { return i < node.input_size() ? node.input(i) : ""; };
    const auto axis = [&](std::int64_t fallback) {
      return models::attribute_or(node, "axis", fallback);
    };
    if (type == "Gather" || type == "GatherElements" || type == "ScatterElements" ||
        type == "Scatter") {
      return Bounded{input(1), below(dimension(input(0), axis(0)))};
    }
    if (type == "GatherND" || type == "ScatterND") {
      return Bounded{input(1), below_all(input(0), input(1))};
    }
    if (type == "RoiAlign") return Bounded{input(2), below(dimension(input(0), 0))};
    if (type == "LSTM" || type == "GRU" || type == "RNN") {
      const bool batch_first = models::attribute_or(node, "layout", 0) == 1;
      const std::int64_t length = dimension(input(0), batch_first ? 1 : 0).value_or(1);
      return Bounded{input(4), {length, length}};
    }
    if (type == "ReverseSequence") {
      const std::int64_t along = models::attribute_or(node, "time_axis", 0);
      const std::int64_t length = dimension(input(0), along).value_or(1);
      return Bounded{input(1), {length, length}};
    }
    if (type == "TopK") return Bounded{input(1), {1, dimension(input(0), axis(-1)).value_or(1)}};
    return std::nullopt;
  }

  const onnx::ModelProto& model_;
  models::TensorTypes types_;
  std::vector<std::string> inputs_;
  std::vector<const onnx::NodeProto*> nodes_;
  std::unordered_map<std::string, onnx::TensorProto> constants_;
  std::unordered_map<std::string, const onnx::NodeProto*> producer_;
  std::unordered_map<std::string, InputUse> uses_;
};

}  // namespace

std::vector<InputUse> find_input_uses(const OnnxModel& model) { return Graph(model).uses(); }

}  // namespace layerwatt
