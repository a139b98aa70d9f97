#include "layerwatt/simulation/virtual_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace layerwatt {
namespace {

constexpr double kWalkCellSeconds = 0.1;

/// Of an interlude's mean power, one after the other: a program that starts, reads, and waits.
constexpr std::array kInterludeCourse = {0.4, 1.7, 1.2, 0.7};

Watts power_of(const Execution& e, const LayerPowers& powers) {
  const auto index = static_cast<std::size_t>(e.segment);
  return e.repeat > 0 ? powers.repeated[index] : powers.first[index];
}

/// Mean power of all segments, by run time.
Watts mean_power(const Timeline& timeline, const LayerPowers& powers) {
  Joules energy;
  Duration time{0};
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    energy += power_of(e, powers) * (e.end - e.start);
    time += e.end - e.start;
  }
  if (time > Duration(0)) return energy / time;
  Watts sum;
  for (const Watts p : powers.first) sum += p;
  return powers.first.empty() ? sum : sum / static_cast<double>(powers.first.size());
}

/// Puts interludes into a load in whose idle times they lie.
std::vector<LoadStep> with_interludes(std::vector<LoadStep> steps, const Timeline& timeline,
                                      Watts power) {
  if (timeline.interludes.empty()) return steps;
  std::vector<LoadStep> merged;
  merged.reserve(steps.size() + (kInterludeCourse.size() + 1) * timeline.interludes.size());
  auto next = steps.begin();
  const auto step_to = [&](Instant at, double watts) {
    if (!merged.empty() && merged.back().at >= at) merged.pop_back();
    merged.push_back({at, watts});
  };
  for (const Interlude& interlude : timeline.interludes) {
    for (; next != steps.end() && next->at <= interlude.start; ++next) {
      step_to(next->at, next->watts);
    }
    const Duration part =
        (interlude.end - interlude.start) / static_cast<Duration::rep>(kInterludeCourse.size());
    Instant at = interlude.start;
    for (const double factor : kInterludeCourse) {
      step_to(at, power.value() * factor);
      at += part;
    }
    step_to(interlude.end, 0.0);
  }
  for (; next != steps.end(); ++next) step_to(next->at, next->watts);
  return merged;
}

}  // namespace

double LayerPowers::heat_factor(Duration running) const {
  if (heat == 0.0) return 1.0;
  return 1.0 + heat * std::clamp(to_seconds(running) / to_seconds(heat_time), 0.0, 1.0);
}

Result<std::vector<LoadStep>> load_of_timeline(const Timeline& timeline,
                                               const LayerPowers& powers) {
  if (auto ok = validate(timeline); !ok) return std::move(ok).error();
  if (powers.first.size() != timeline.layers.size() ||
      powers.repeated.size() != timeline.layers.size()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} layers, but powers of {} first and {} repeated executions",
                             timeline.layers.size(), powers.first.size(), powers.repeated.size()));
  }
  std::vector<bool> has_layers(static_cast<std::size_t>(pass_count(timeline)), false);
  for (const Execution& e : timeline.executions) {
    if (e.segment != kWholePass) has_layers[static_cast<std::size_t>(e.pass)] = true;
  }
  const Watts mean = mean_power(timeline, powers);
  std::vector<LoadStep> steps;
  steps.reserve(2 * timeline.executions.size() + 1);
  const auto step_to = [&](Instant at, Watts level) {
    // Two steps at one moment: the later one counts, so that no segment has length zero.
    if (!steps.empty() && steps.back().at >= at) {
      steps.back().watts = level.value();
    } else {
      steps.push_back({at, level.value()});
    }
  };
  std::optional<Instant> busy_until;
  const auto heated = [&](Instant at, Watts level) {
    return level * powers.heat_factor(at - timeline.executions.front().start);
  };
  for (const Execution& e : timeline.executions) {
    const bool whole = e.segment == kWholePass;
    if (whole && has_layers[static_cast<std::size_t>(e.pass)]) continue;
    if (busy_until && e.start > *busy_until) {
      const bool is_gap = e.start - *busy_until <= kLongestGap;
      step_to(*busy_until, heated(*busy_until, is_gap ? powers.gap : Watts(0.0)));
    }
    if (e.end == e.start) continue;
    step_to(e.start, heated(e.start, whole ? mean : power_of(e, powers)));
    busy_until = busy_until ? std::max(*busy_until, e.end) : e.end;
  }
  if (busy_until) step_to(*busy_until, Watts(0.0));
  return with_interludes(std::move(steps), timeline, powers.interlude);
}

Joules energy_of_load(const std::vector<LoadStep>& load, Instant from, Instant to) {
  Joules sum;
  for (std::size_t i = 0; i < load.size(); ++i) {
    const Instant begin = std::max(load[i].at, from);
    const Instant end = i + 1 < load.size() ? std::min(load[i + 1].at, to) : to;
    if (end > begin) sum += Watts(load[i].watts) * (end - begin);
  }
  return sum;
}

DriftPath::DriftPath(const DriftSpec& spec, std::uint64_t seed, Instant start)
    : spec_(spec), random_(seed, "drift"), start_(start) {}

double DriftPath::watts_at(Instant t) {
  const double s = to_seconds(t - start_);
  if (s <= 0.0) return 0.0;
  double watts = spec_.watts_per_second * s;
  if (spec_.thermal_watts != 0.0) {
    watts += spec_.thermal_watts * -std::expm1(-s / to_seconds(spec_.thermal_time_constant));
  }
  if (spec_.walk_watts != 0.0) {
    const double position = s / kWalkCellSeconds;
    const auto cell = static_cast<std::int64_t>(position);
    while (cell_ < cell) {
      walk_low_ = walk_high_;
      walk_high_ += spec_.walk_watts * std::sqrt(kWalkCellSeconds) * random_.gaussian();
      ++cell_;
    }
    watts += walk_low_ + (walk_high_ - walk_low_) * (position - static_cast<double>(cell_));
  }
  return watts;
}

}  // namespace layerwatt
