#include "attribution/published/window_means.h"

#include <algorithm>

#include "layerwatt/attribution/window.h"

namespace layerwatt {

WindowMeans::WindowMeans(const PowerTrace& total, Schedule schedule, const TimelineLook& look)
    : in_turn_(schedule == Schedule::kWhole),
      has_power_(total.power.size() == total.size()),  // a counter has no samples of power
      samples_({}, {}),
      sum_(look.runs.size(), 0.0),
      with_power_(look.runs.size(), 0) {
  // Without one of the layers no pass is ever whole.
  if (in_turn_ && std::ranges::find(look.runs, 0) != look.runs.end()) has_power_ = false;
  if (!has_power_) return;
  when_.reserve(total.size());
  power_.reserve(total.size());
  for (std::size_t i = 0; i < total.size(); ++i) {
    when_.push_back(total.when(i));
    power_.push_back(in_turn_ ? in_microwatts(total.power[i]) : total.power[i].value());
  }
  samples_ = SamplesInTurn(when_, power_);
  waiting_.resize(look.runs.size());
  missing_ = look.runs.size();
}

void WindowMeans::add(const Execution& e) {
  if (e.segment == kWholePass || !has_power_) return;
  if (in_turn_) {
    add_in_turn(e);
  } else {
    add_by_itself(e);
  }
}

/// As the published mapping does: pass by pass, and within a pass through the layers in their
/// order, each as often as every layer ran. What of a pass has come is held until all of it is
/// there.
void WindowMeans::add_in_turn(const Execution& e) {
  auto& of_layer = waiting_[static_cast<std::size_t>(e.segment)];
  if (of_layer.empty()) --missing_;
  of_layer.push_back({to_milliseconds(e.run_time()), e.end});
  if (missing_ > 0) return;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const auto within = samples_.take(waiting_[i].front().milliseconds, waiting_[i].front().end);
    waiting_[i].pop_front();
    if (waiting_[i].empty()) ++missing_;
    if (!within.microwatts) continue;
    sum_[i] += *within.microwatts;
    ++with_power_[i];
  }
}

/// Each by itself: what `window` means where layers do not run in turn.
void WindowMeans::add_by_itself(const Execution& e) {
  while (sample_ < when_.size() && when_[sample_] < e.start) ++sample_;
  double inside = 0.0;
  std::int64_t count = 0;
  for (; sample_ < when_.size() && when_[sample_] <= e.end; ++sample_, ++count) {
    inside += power_[sample_];
  }
  if (count == 0) return;
  sum_[static_cast<std::size_t>(e.segment)] += inside / static_cast<double>(count);
  ++with_power_[static_cast<std::size_t>(e.segment)];
}

void WindowMeans::forget_readings() {
  samples_ = SamplesInTurn({}, {});
  when_ = {};
  power_ = {};
}

std::vector<std::optional<Watts>> WindowMeans::powers(Watts idle) const {
  std::vector<std::optional<Watts>> powers(sum_.size());
  for (std::size_t i = 0; i < powers.size(); ++i) {
    if (with_power_[i] == 0) continue;
    const double mean = sum_[i] / static_cast<double>(with_power_[i]);
    powers[i] = in_turn_ ? microwatts(mean - in_microwatts(idle)) : watts(mean) - idle;
  }
  return powers;
}

std::vector<std::optional<Watts>> window_powers(const PowerTrace& total, const Timeline& timeline,
                                                Watts idle) {
  WindowMeans means(total, timeline.schedule, look_over(timeline));
  for (const Execution& e : timeline.executions) means.add(e);
  return means.powers(idle);
}

}  // namespace layerwatt
