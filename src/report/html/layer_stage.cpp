#include "report/html/layer_stage.h"

#include <fmt/format.h>

#include <set>
#include <string_view>

namespace layerwatt {
namespace {

constexpr std::size_t kMaxStages = 20;

/// The first `depth` parts of a name between slashes and dots, without the layer's own, last one.
std::string name_prefix(std::string_view name, int depth) {
  if (!name.empty() && name.front() == '/') name.remove_prefix(1);
  // What stands behind a "+" was fused in; the first part names the place in the network.
  name = name.substr(0, name.find(" + "));
  std::size_t end = 0;
  for (int i = 0; i < depth; ++i) {
    const std::size_t next = name.find_first_of("/.", end == 0 ? 0 : end + 1);
    if (next == std::string_view::npos) break;
    end = next;
  }
  return std::string(name.substr(0, end));
}

/// Height and width of the output ("56×56"), or its length for a flat one.
std::string output_size(const Layer& layer) {
  if (layer.outputs.empty()) return "other";
  const auto& dims = layer.outputs.front().dimensions;
  if (dims.size() >= 4) return fmt::format("{}×{}", dims[dims.size() - 2], dims[dims.size() - 1]);
  if (dims.empty()) return "other";
  return "flat";
}

/// Whether the groups say something: more than one, not too many, and no layer left over.
bool is_useful(const std::vector<std::string>& stages) {
  const std::set<std::string> distinct(stages.begin(), stages.end());
  return distinct.size() >= 2 && distinct.size() <= kMaxStages && !distinct.contains("");
}

}  // namespace

std::vector<std::string> stages_of(const std::vector<LayerProfileRow>& rows) {
  std::vector<std::string> stages(rows.size());
  for (const int depth : {1, 2}) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      stages[i] = name_prefix(rows[i].layer.name, depth);
    if (is_useful(stages)) return stages;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) stages[i] = output_size(rows[i].layer);
  return stages;
}

}  // namespace layerwatt
