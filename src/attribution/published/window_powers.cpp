#include <algorithm>
#include <deque>
#include <functional>

#include "layerwatt/attribution/window.h"

#include "attribution/published/samples_in_turn.h"

namespace layerwatt {
namespace {

/// Goes through executions as the published mapping does: pass by pass, and within a pass through
/// the layers in their order, each as often as every layer ran. What of a pass has come is held
/// until all of it is there.
template <class Take>
void visit_in_turn(const Timeline& timeline, const Take& take) {
  struct Waiting {
    double milliseconds = 0.0;
    Instant end;
  };
  std::vector<bool> runs(timeline.layers.size(), false);
  for (const Execution& e : timeline.executions) {
    if (e.segment != kWholePass) runs[static_cast<std::size_t>(e.segment)] = true;
  }
  if (!std::ranges::all_of(runs, std::identity())) return;
  std::vector<std::deque<Waiting>> waiting(timeline.layers.size());
  std::size_t missing = waiting.size();
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    auto& of_layer = waiting[static_cast<std::size_t>(e.segment)];
    if (of_layer.empty()) --missing;
    of_layer.push_back({to_milliseconds(e.run_time()), e.end});
    if (missing > 0) continue;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      take(i, waiting[i].front().milliseconds, waiting[i].front().end);
      waiting[i].pop_front();
      if (waiting[i].empty()) ++missing;
    }
  }
}

/// Whether every layer runs once a pass, in the order of the layers: what the published mapping
/// relies on.
bool runs_in_order(const Timeline& timeline) { return timeline.schedule == Schedule::kWhole; }

/// Mean of the samples inside each execution, each execution by itself: what `window` means where
/// layers do not run in turn.
std::vector<std::optional<Watts>> means_inside(const PowerTrace& total, const Timeline& timeline,
                                               Watts idle) {
  std::vector<double> sum(timeline.layers.size(), 0.0);
  std::vector<std::int64_t> executions(timeline.layers.size(), 0);
  std::size_t sample = 0;
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    while (sample < total.size() && total.when(sample) < e.start) ++sample;
    double inside = 0.0;
    std::int64_t count = 0;
    for (; sample < total.size() && total.when(sample) <= e.end; ++sample, ++count) {
      inside += total.power[sample].value();
    }
    if (count == 0) continue;
    sum[static_cast<std::size_t>(e.segment)] += inside / static_cast<double>(count);
    ++executions[static_cast<std::size_t>(e.segment)];
  }
  std::vector<std::optional<Watts>> powers(timeline.layers.size());
  for (std::size_t i = 0; i < powers.size(); ++i) {
    if (executions[i] > 0) powers[i] = watts(sum[i] / static_cast<double>(executions[i])) - idle;
  }
  return powers;
}

}  // namespace

std::vector<std::optional<Watts>> window_powers(const PowerTrace& total, const Timeline& timeline,
                                                Watts idle) {
  std::vector<std::optional<Watts>> powers(timeline.layers.size());
  if (total.power.size() != total.size()) return powers;  // a counter has no samples of power
  if (!runs_in_order(timeline)) return means_inside(total, timeline, idle);
  std::vector<Instant> instants;
  std::vector<double> microwatts_of;
  for (std::size_t i = 0; i < total.size(); ++i) {
    instants.push_back(total.when(i));
    microwatts_of.push_back(in_microwatts(total.power[i]));
  }
  SamplesInTurn in_turn(instants, microwatts_of);
  std::vector<double> sum(powers.size(), 0.0);
  std::vector<double> with_power(powers.size(), 0.0);
  visit_in_turn(timeline, [&](std::size_t layer, double milliseconds, Instant end) {
    const auto within = in_turn.take(milliseconds, end);
    if (!within.microwatts) return;
    sum[layer] += *within.microwatts;
    with_power[layer] += 1.0;
  });
  for (std::size_t i = 0; i < powers.size(); ++i) {
    if (with_power[i] > 0.0) powers[i] = microwatts(sum[i] / with_power[i] - in_microwatts(idle));
  }
  return powers;
}

}  // namespace layerwatt
