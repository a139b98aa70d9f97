#include "running/network/layer_origins.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace layerwatt {
namespace {

/// More than this many names in one make no name for people.
constexpr std::size_t kMostNames = 4;

bool is_activation(const ModelNode& node) {
  constexpr std::array<std::string_view, 7> kActivations = {
      "Relu", "Clip", "Sigmoid", "Tanh", "LeakyRelu", "HardSigmoid", "HardSwish"};
  return std::ranges::find(kActivations, node.type) != kActivations.end();
}

/// Convolutions of ONNX Runtime that add a tensor to their result have it as their fourth input.
bool adds_a_tensor(const ModelNode& node) {
  return node.type.ends_with("Conv") && node.inputs.size() > 3 && !node.inputs[3].empty();
}

/// What ONNX Runtime puts before the names of tensors, and of casts, that it computes in float32
/// because it has no kernel of half precision.
constexpr std::string_view kInsertedCast = "InsertedPrecisionFreeCast_";

std::string_view without_cast(std::string_view tensor) {
  while (tensor.starts_with(kInsertedCast)) tensor.remove_prefix(kInsertedCast.size());
  return tensor;
}

bool is_inserted_cast(const ModelNode& node) {
  return node.type == "Cast" && node.name.starts_with(kInsertedCast);
}

/// The model's tensors and nodes, by name.
class Original {
 public:
  explicit Original(const std::vector<ModelNode>& nodes) : nodes_(nodes) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      node_.emplace(nodes[i].name, i);
      for (const std::string& output : nodes[i].outputs) {
        if (!output.empty()) producer_.emplace(output, i);
      }
      for (const std::string& input : nodes[i].inputs) consumers_[input].push_back(i);
    }
  }

  const ModelNode& operator[](std::size_t index) const { return nodes_[index]; }
  std::optional<std::size_t> producer(std::string_view tensor) const {
    const auto found = producer_.find(tensor);
    return found == producer_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<std::size_t> only_consumer(std::string_view tensor) const {
    const auto found = consumers_.find(tensor);
    if (found == consumers_.end() || found->second.size() != 1) return std::nullopt;
    return found->second.front();
  }
  std::optional<std::size_t> node(std::string_view name) const {
    const auto found = node_.find(name);
    return found == node_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  const std::vector<ModelNode>& nodes_;
  std::unordered_map<std::string_view, std::size_t> producer_;
  std::unordered_map<std::string_view, std::size_t> node_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> consumers_;
};

/// The model's tensors that a rewritten node computes: those that kept their names; or, where ONNX
/// Runtime's blocked layouts gave them new ones, the tensor that the node is named after
/// ("<tensor>_nchwc"), or those of the model's node of the same name.
std::vector<std::string_view> computed_tensors(const ModelNode& node, const Original& original) {
  std::vector<std::string_view> tensors;
  if (node.type == "ReorderInput" || node.type == "ReorderOutput") return tensors;
  if (is_inserted_cast(node)) return tensors;
  for (const std::string& output : node.outputs) {
    const std::string_view tensor = without_cast(output);
    if (original.producer(tensor)) tensors.push_back(tensor);
  }
  if (!tensors.empty()) return tensors;
  const std::string_view name = without_cast(node.name);
  const std::string_view stem = name.substr(0, name.rfind("_nchwc"));
  if (stem.size() < name.size() && original.producer(stem)) return {stem};
  if (const auto same = original.node(name)) {
    for (const std::string& output : original[*same].outputs) tensors.push_back(output);
  }
  return tensors;
}

}  // namespace

std::vector<std::vector<std::string>> layer_origins(const std::vector<ModelNode>& original,
                                                    const std::vector<ModelNode>& rewritten) {
  const Original model(original);
  std::vector<std::vector<std::string_view>> tensors;
  std::unordered_set<std::string_view> computed;
  for (const ModelNode& node : rewritten) {
    tensors.push_back(computed_tensors(node, model));
    computed.insert(tensors.back().begin(), tensors.back().end());
  }
  // What follows a node and that nobody else computes was fused into it: an addition, where it has
  // a tensor to add, then an activation.
  for (std::size_t i = 0; i < rewritten.size(); ++i) {
    bool may_add = adds_a_tensor(rewritten[i]);
    while (tensors[i].size() == 1) {
      const auto next = model.only_consumer(tensors[i].front());
      if (!next || model[*next].outputs.size() != 1) break;
      const std::string_view output = model[*next].outputs.front();
      const bool is_add = model[*next].type == "Add";
      if (computed.contains(output) || !(is_activation(model[*next]) || (is_add && may_add))) break;
      if (is_add) may_add = false;
      computed.erase(tensors[i].front());
      tensors[i].front() = output;
      computed.insert(output);
    }
  }

  std::vector<std::vector<std::string>> origins(rewritten.size());
  for (std::size_t i = 0; i < rewritten.size(); ++i) {
    std::set<std::size_t> found;  // in the model's order
    std::vector<std::string_view> to_visit = tensors[i];
    while (!to_visit.empty()) {
      const auto node = model.producer(to_visit.back());
      to_visit.pop_back();
      if (!node || !found.insert(*node).second) continue;
      for (const std::string& input : model[*node].inputs) {
        if (!computed.contains(input)) to_visit.push_back(input);
      }
    }
    for (const std::size_t index : found) {
      if (model[index].type != "Constant") origins[i].push_back(model[index].name);
    }
  }
  return origins;
}

std::vector<std::string> layer_names(const std::vector<ModelNode>& rewritten,
                                     const std::vector<std::vector<std::string>>& origins) {
  std::vector<std::string> names;
  std::unordered_set<std::string> taken;
  std::unordered_map<std::string_view, std::size_t> made_by;
  for (std::size_t i = 0; i < rewritten.size(); ++i) {
    for (const std::string& output : rewritten[i].outputs) made_by.emplace(output, i);
  }
  for (std::size_t i = 0; i < rewritten.size(); ++i) {
    std::string name = rewritten[i].name;
    if (is_inserted_cast(rewritten[i]) && !rewritten[i].inputs.empty()) {
      // The model has no such node: it is named after what it casts.
      const std::string& tensor = rewritten[i].inputs.front();
      const auto maker = made_by.find(tensor);
      const bool known = maker != made_by.end() && maker->second < names.size();
      name = fmt::format("Cast of {}",
                         known ? names[maker->second] : std::string(without_cast(tensor)));
    }
    if (!origins[i].empty() && origins[i].size() <= kMostNames) {
      name = fmt::format("{}", fmt::join(origins[i], " + "));
    } else if (!origins[i].empty()) {
      name = fmt::format("{} + … + {}", origins[i].front(), origins[i].back());
    }
    std::string unique = name;
    for (int k = 2; !taken.insert(unique).second; ++k) unique = fmt::format("{} ({})", name, k);
    names.push_back(std::move(unique));
  }
  return names;
}

}  // namespace layerwatt
