#include "report/runs/common_origins.h"

#include <map>
#include <string>
#include <string_view>

namespace layerwatt {
namespace {

std::vector<std::string> origins_of(const Layer& layer) {
  if (!layer.origins.empty()) return layer.origins;
  constexpr std::string_view kJoint = " + ";
  std::vector<std::string> origins;
  std::string_view left = layer.name;
  for (;;) {
    const std::size_t end = left.find(kJoint);
    origins.emplace_back(left.substr(0, end));
    if (end == std::string_view::npos) return origins;
    left.remove_prefix(end + kJoint.size());
  }
}

/// Rows of both sides by number, joined into sets.
class Sets {
 public:
  explicit Sets(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) parent_.push_back(i);
  }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

std::vector<CommonOrigins> find_common_origins(std::span<const LayerProfileRow> before,
                                               std::size_t first_before,
                                               std::span<const LayerProfileRow> after,
                                               std::size_t first_after) {
  Sets sets(before.size() + after.size());
  std::map<std::string, std::size_t> with_origin;
  const auto add = [&](const Layer& layer, std::size_t number) {
    for (const std::string& origin : origins_of(layer)) {
      const auto [place, is_first] = with_origin.try_emplace(origin, number);
      if (!is_first) sets.join(number, place->second);
    }
  };
  for (std::size_t i = 0; i < before.size(); ++i) add(before[i].layer, i);
  for (std::size_t i = 0; i < after.size(); ++i) add(after[i].layer, before.size() + i);

  std::map<std::size_t, CommonOrigins> of_set;
  for (std::size_t i = 0; i < before.size(); ++i) {
    of_set[sets.find(i)].before.push_back(first_before + i);
  }
  for (std::size_t i = 0; i < after.size(); ++i) {
    of_set[sets.find(before.size() + i)].after.push_back(first_after + i);
  }
  std::map<std::size_t, CommonOrigins> in_order;
  for (auto& [set, group] : of_set) {
    if (group.before.empty() || group.after.empty()) continue;
    const std::size_t first = group.before.front();
    in_order.emplace(first, std::move(group));
  }
  std::vector<CommonOrigins> groups;
  for (auto& [first, group] : in_order) groups.push_back(std::move(group));
  return groups;
}

}  // namespace layerwatt
