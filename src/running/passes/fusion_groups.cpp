#include "running/passes/fusion_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

namespace layerwatt {

std::vector<NodeGroup> fusion_groups(std::span<const ModelNode> nodes,
                                     std::span<const Layer> layers,
                                     std::vector<std::string>& left_out) {
  std::set<std::string> known;
  for (const ModelNode& node : nodes) known.insert(node.name);
  std::vector<NodeGroup> groups;
  std::unordered_map<std::string, std::size_t> group_of;
  std::set<std::string> names;
  for (const Layer& layer : layers) {
    std::vector<std::string> own;
    std::optional<std::size_t> shared;
    for (const std::string& origin : layer.origins) {
      if (!known.contains(origin) || std::ranges::find(own, origin) != own.end()) continue;
      own.push_back(origin);
      const auto taken = group_of.find(origin);
      if (taken != group_of.end() && !shared) shared = taken->second;
    }
    if (own.empty()) {
      left_out.push_back(fmt::format("{}: no node of the model stands behind it", layer.name));
      continue;
    }
    if (!shared && !names.insert(layer.name).second) {
      left_out.push_back(fmt::format("{}: another layer has the same name", layer.name));
      continue;
    }
    if (!shared) groups.push_back({layer.name, {}});
    const std::size_t place = shared.value_or(groups.size() - 1);
    if (shared) {
      left_out.push_back(fmt::format("{}: does a part of the work of '{}', and is run with it",
                                     layer.name, groups[place].name));
    }
    for (std::string& node : own) {
      if (group_of.emplace(node, place).second) groups[place].nodes.push_back(std::move(node));
    }
  }
  return groups;
}

}  // namespace layerwatt
