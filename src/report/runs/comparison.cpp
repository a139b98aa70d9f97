#include "layerwatt/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <span>

#include "report/runs/common_origins.h"
#include "report/tables/predicted.h"

namespace layerwatt {
namespace {

template <class Q>
std::optional<double> half_width(const Estimate<Q>& estimate) {
  if (!estimate.low || !estimate.high) return std::nullopt;
  return (estimate.high->value() - estimate.low->value()) / 2.0;
}

template <class Q>
std::optional<Change> change_of(const std::optional<Estimate<Q>>& before,
                                const std::optional<Estimate<Q>>& after) {
  if (!before || !after) return std::nullopt;
  Change change{before->value.value(), after->value.value(), 0.0, std::nullopt};
  change.difference = change.after - change.before;
  const auto a = half_width(*before);
  const auto b = half_width(*after);
  if (a && b) change.half_width = std::hypot(*a, *b);
  return change;
}

std::optional<Change> change_of(const std::optional<Duration>& before,
                                const std::optional<Duration>& after) {
  if (!before || !after || before->count() == 0) return std::nullopt;
  const double a = to_seconds(*before);
  const double b = to_seconds(*after);
  return Change{a, b, b - a, std::nullopt};
}

using Rows = std::vector<LayerProfileRow>;
using Kin = CommonOrigins;

/// For each row of `after`, the row of `before` with the same name, such that the pairs keep their
/// order: the longest increasing choice among the candidates (patience sorting).
std::vector<std::optional<std::size_t>> match_names(const Rows& before, const Rows& after) {
  std::map<std::string_view, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < before.size(); ++i) places[before[i].layer.name].push_back(i);
  std::map<std::string_view, std::size_t> used;
  struct Candidate {
    std::size_t after;
    std::size_t before;
    std::optional<std::size_t> previous;
  };
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const auto found = places.find(after[i].layer.name);
    if (found == places.end()) continue;
    const std::size_t nth = used[after[i].layer.name]++;
    if (nth < found->second.size()) candidates.push_back({i, found->second[nth], std::nullopt});
  }
  // tails[k]: the candidate that ends the best chain of k + 1 with the smallest place.
  std::vector<std::size_t> tails;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    const auto at = std::lower_bound(
        tails.begin(), tails.end(), candidates[c].before,
        [&](std::size_t tail, std::size_t place) { return candidates[tail].before < place; });
    if (at != tails.begin()) candidates[c].previous = *std::prev(at);
    if (at == tails.end()) {
      tails.push_back(c);
    } else {
      *at = c;
    }
  }
  std::vector<std::optional<std::size_t>> match(after.size());
  std::optional<std::size_t> c;
  if (!tails.empty()) c = tails.back();
  for (; c; c = candidates[*c].previous) match[candidates[*c].after] = candidates[*c].before;
  return match;
}

/// What several layers of one profile cost together.
struct Cost {
  std::optional<Estimate<Joules>> energy;
  std::optional<Estimate<Watts>> power;
  Duration run_time{0};
};

Cost cost_of(const Rows& rows, std::span<const std::size_t> places) {
  const LayerProfileRow& first = rows[places.front()];
  if (places.size() == 1) return {first.energy, first.power, first.run_time.median};
  Cost cost;
  Duration mean{0};
  Estimate<Joules> energy{joules(0), joules(0), joules(0)};
  bool is_known = true;
  for (const std::size_t place : places) {
    const LayerProfileRow& row = rows[place];
    cost.run_time += row.run_time.median;
    mean += row.run_time.mean;
    is_known = is_known && row.energy.has_value();
    if (!is_known) continue;
    energy.value += row.energy->value;
    const bool bounded = energy.low && row.energy->low && row.energy->high;
    energy.low = bounded ? std::optional(*energy.low + *row.energy->low) : std::nullopt;
    energy.high = bounded ? std::optional(*energy.high + *row.energy->high) : std::nullopt;
  }
  if (!is_known) return cost;
  cost.energy = energy;
  if (mean > Duration(0)) cost.power = Estimate<Watts>{energy.value / mean, {}, {}};
  return cost;
}

ComparedLayer compare_costs(const Cost& before, const Cost& after) {
  ComparedLayer layer;
  layer.energy = change_of(before.energy, after.energy);
  layer.power = change_of(before.power, after.power);
  layer.run_time = change_of(std::optional(before.run_time), std::optional(after.run_time));
  return layer;
}

/// Builds the rows of the comparison, keeping both orders.
class Merger {
 public:
  Merger(const Rows& before, const Rows& after) : before_(before), after_(after) {}

  /// The rows of both profiles up to, not including, `before_end` and `after_end`: none has a
  /// namesake. Those of common origin are taken together; without any, those of equal type in equal
  /// places are taken as the same.
  void add_unmatched(std::size_t before_end, std::size_t after_end) {
    const auto kin = find_common_origins(
        std::span(before_).subspan(next_before_, before_end - next_before_), next_before_,
        std::span(after_).subspan(next_after_, after_end - next_after_), next_after_);
    if (!kin.empty()) return add_kin(kin, before_end, after_end);
    const bool alike = before_end - next_before_ == after_end - next_after_;
    while (next_before_ < before_end || next_after_ < after_end) {
      const bool both = next_before_ < before_end && next_after_ < after_end;
      if (both && alike && before_[next_before_].layer.type == after_[next_after_].layer.type) {
        add_pair(MatchedBy::kPosition);
        continue;
      }
      if (next_before_ < before_end) add_before(next_before_++);
      if (next_after_ < after_end) add_after(next_after_++);
    }
  }

  void add_pair(MatchedBy matched) { add_group({{next_before_++}, {next_after_++}}, matched); }

  std::vector<ComparedLayer> take() { return std::move(layers_); }

 private:
  void add_before(std::size_t row) { layers_.emplace_back().before = row; }
  void add_after(std::size_t row) { layers_.emplace_back().after = row; }

  void add_group(const Kin& group, MatchedBy matched) {
    ComparedLayer layer =
        compare_costs(cost_of(before_, group.before), cost_of(after_, group.after));
    layer.before = group.before.front();
    layer.after = group.after.front();
    layer.more_before.assign(group.before.begin() + 1, group.before.end());
    layer.more_after.assign(group.after.begin() + 1, group.after.end());
    layer.matched = matched;
    layers_.push_back(std::move(layer));
  }

  /// Groups in the order of `before`; what is in one profile alone stands where its order has it.
  void add_kin(const std::vector<Kin>& groups, std::size_t before_end, std::size_t after_end) {
    std::vector<bool> told(after_end - next_after_, false);
    const std::size_t first_after = next_after_;
    for (const Kin& group : groups) {
      for (const std::size_t row : group.after) told[row - first_after] = true;
    }
    const auto add_after_up_to = [&](std::size_t end) {
      for (; next_after_ < end; ++next_after_) {
        if (!told[next_after_ - first_after]) add_after(next_after_);
      }
    };
    std::set<std::size_t> told_before;
    for (; next_before_ < before_end; ++next_before_) {
      const auto group = std::ranges::find_if(
          groups, [&](const Kin& kin) { return kin.before.front() == next_before_; });
      if (group != groups.end()) {
        add_after_up_to(group->after.front());
        add_group(*group, MatchedBy::kOrigin);
        told_before.insert(group->before.begin(), group->before.end());
      } else if (!told_before.contains(next_before_)) {
        add_before(next_before_);
      }
    }
    add_after_up_to(after_end);
  }

  const Rows& before_;
  const Rows& after_;
  std::size_t next_before_ = 0;
  std::size_t next_after_ = 0;
  std::vector<ComparedLayer> layers_;
};

std::vector<std::string> warnings_of(const LayerProfile& before, const LayerProfile& after) {
  std::vector<std::string> warnings;
  const auto differ = [&](std::string_view what, std::string_view a, std::string_view b) {
    if (a != b) warnings.push_back(fmt::format("The {} differ: {} and {}.", what, a, b));
  };
  if (is_predicted(before) != is_predicted(after)) {
    warnings.push_back(fmt::format("The {} is predicted by a model, the other measured.",
                                   is_predicted(before) ? "first" : "second"));
    if (before.is_virtual != after.is_virtual) {
      warnings.emplace_back("One of them goes back to a virtual board, the other does not.");
    }
    return warnings;
  }
  differ("methods", before.method, after.method);
  differ("rails", before.rail, after.rail);
  differ("schedules", to_string(before.schedule), to_string(after.schedule));
  if (before.is_virtual != after.is_virtual) {
    warnings.emplace_back("One power is virtual (simulated), the other measured.");
  } else if (before.is_virtual) {
    warnings.emplace_back("Both powers are virtual: simulated, not measured.");
  }
  if (before.is_partial || after.is_partial) {
    warnings.emplace_back("A recording was stopped before its end.");
  }
  return warnings;
}

}  // namespace

std::string_view to_string(MatchedBy matched) {
  switch (matched) {
    case MatchedBy::kName:
      return "name";
    case MatchedBy::kOrigin:
      return "origin";
    case MatchedBy::kPosition:
      return "position";
    case MatchedBy::kNothing:
      return "nothing";
  }
  std::abort();
}

std::optional<double> Change::relative() const {
  if (!(before > 0.0)) return std::nullopt;
  return difference / before;
}

std::optional<bool> Change::is_significant() const {
  if (!half_width) return std::nullopt;
  return std::fabs(difference) > *half_width;
}

Comparison compare_profiles(const LayerProfile& before, const LayerProfile& after) {
  Comparison comparison;
  const auto match = match_names(before.rows, after.rows);
  Merger merger(before.rows, after.rows);
  for (std::size_t i = 0; i < after.rows.size(); ++i) {
    if (!match[i]) continue;
    merger.add_unmatched(*match[i], i);
    merger.add_pair(MatchedBy::kName);
  }
  merger.add_unmatched(before.rows.size(), after.rows.size());
  comparison.layers = merger.take();
  comparison.pass_energy = change_of(before.pass_energy, after.pass_energy);
  // A pass that was put together of layers that ran apart takes no time of its own.
  if (before.schedule == after.schedule) {
    comparison.pass_time = change_of(before.pass_time, after.pass_time);
  }
  comparison.warnings = warnings_of(before, after);
  return comparison;
}

Result<bool> is_worse(const Comparison& comparison, double limit) {
  const auto& change = comparison.pass_energy ? comparison.pass_energy : comparison.pass_time;
  if (!change || !change->relative()) {
    return Error(ErrorCode::kUnknowable,
                 "neither energy nor run time of a pass is known in both profiles, so nothing can "
                 "be said to "
                 "be worse");
  }
  return *change->relative() > limit && change->is_significant().value_or(true);
}

}  // namespace layerwatt
