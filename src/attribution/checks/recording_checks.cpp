#include "attribution/checks/recording_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "layerwatt/core/numbers.h"

#include "attribution/model/fast_readings.h"
#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

/// No rail of a computer carries more than 60 V, 3 kW or 1 kA, and none that feeds one has less
/// than 0.2 V: the INA3221 measures up to 26 V, the INA238 up to 85 V.
constexpr double kMostVolts = 90.0;
constexpr double kLeastVolts = 0.2;
constexpr double kMostWatts = 20e3;
/// Idle powers that differ by more than this factor are of different units.
constexpr double kOtherUnit = 30.0;
/// A part of the readings, of each sign.
constexpr double kThroughout = 0.5;
/// Spikes: further beyond nearly all readings than those are apart from each other.
constexpr double kNearlyAll = 0.005;
constexpr double kMostSpikes = 0.02;
constexpr double kBeyond = 1.0;
constexpr double kStepsBeyond = 6.0;
/// Equal readings for so long, across an edge of the load or while it ran.
constexpr double kStuckSeconds = 0.25;
constexpr double kStuckLong = 0.6;
/// A value stands still from this time on; of a sensor that follows the load, this part of it.
constexpr double kStill = 0.08;
constexpr double kRarelyStill = 0.005;
constexpr std::size_t kLeastStuck = 20;

std::string share_of(std::size_t part, std::size_t all) {
  return fmt::format("{} of {} readings", format_grouped(static_cast<std::int64_t>(part)),
                     format_grouped(static_cast<std::int64_t>(all)));
}

double quantile(std::vector<double> values, double part) {
  const auto i = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + i, values.end());
  return values[static_cast<std::size_t>(i)];
}

class Checks {
 public:
  Checks(const PowerTrace& trace, std::span<const Stretch> busy, Instant origin,
         std::optional<Watts> idle_apart)
      : trace_(trace), busy_(busy), idle_apart_(idle_apart) {
    for (std::size_t k = 0; k < trace.size(); ++k) {
      seconds_.push_back(to_seconds(trace.when(k) - origin));
      watts_.push_back(trace.power[k].value());
    }
    keep_.assign(trace.size(), true);
  }

  CheckedReadings run() && {
    if (trace_.size() == 0) return std::move(out_);
    if (!(units() || negative() || stuck())) {
      zeros();
      spikes();
    }
    take_kept();
    return std::move(out_);
  }

 private:
  void find(RecordingCheck check, std::string sentence) {
    out_.findings.push_back({check, std::move(sentence)});
  }
  bool refuse(RecordingCheck check, std::string sentence) {
    out_.refusal = sentence;
    find(check, std::move(sentence));
    return true;
  }

  /// Readings while nothing runs; all of them where there are none.
  double idle_level() const {
    std::vector<double> idle;
    for (std::size_t k = 0; k < seconds_.size(); ++k) {
      if (busy_.empty() || seconds_[k] < busy_.front().begin) idle.push_back(watts_[k]);
    }
    return idle.size() >= 5 ? median_of(std::move(idle)) : quantile(watts_, 0.02);
  }

  bool units() {
    const double power = median_of(watts_);
    std::vector<double> volts;
    for (const Volts v : trace_.voltage) volts.push_back(v.value());
    const double voltage = median_of(volts);
    const bool has_volts = !volts.empty();
    const double idle = idle_level();
    const bool other_idle =
        idle_apart_ && idle_apart_->value() > 0.0 && idle != 0.0 &&
        std::abs(std::log(std::abs(idle) / idle_apart_->value())) > std::log(kOtherUnit);
    const bool implausible = std::abs(power) > kMostWatts ||
                             (has_volts && (voltage > kMostVolts || voltage < kLeastVolts)) ||
                             (other_idle && power != 0.0);
    if (!implausible || power == 0.0) return false;
    std::string what = has_volts ? fmt::format("{} and {}", format_si(voltage, "V"),
                                               format_si(median_current(), "A"))
                                 : format_si(power, "W");
    std::string against;
    if (other_idle) {
      against = fmt::format(", and an idle power of {} where {} was measured apart",
                            format_si(idle, "W"), format_si(idle_apart_->value(), "W"));
    }
    return refuse(RecordingCheck::kUnits,
                  fmt::format("the readings are of another unit than millivolts and milliamperes: "
                              "taken as such they say {}{}; convert the power log and map again",
                              what, against));
  }

  double median_current() const {
    std::vector<double> amperes;
    for (const Amperes i : trace_.current) amperes.push_back(i.value());
    return median_of(std::move(amperes));
  }

  bool negative() {
    const double step = std::max(power_step(trace_), 1e-3);
    const auto count = static_cast<std::size_t>(
        std::ranges::count_if(watts_, [&](double w) { return w < -1.5 * step; }));
    if (count == 0) return false;
    if (static_cast<double>(count) > kThroughout * static_cast<double>(watts_.size())) {
      return refuse(RecordingCheck::kNegative,
                    fmt::format("{} are negative, {} on average: the rail is read the wrong way "
                                "round, or feeds power back",
                                share_of(count, watts_.size()), format_si(median_of(watts_), "W")));
    }
    if (quantile(watts_, kNearlyAll) > -1.5 * step || idle_level() > 3.0 * step) {
      std::size_t dropped = 0;
      for (std::size_t k = 0; k < watts_.size(); ++k) {
        if (watts_[k] < -1.5 * step) {
          keep_[k] = false;
          ++dropped;
        }
      }
      find(RecordingCheck::kNegative,
           fmt::format("{} are negative among positive ones and were left out.",
                       share_of(dropped, watts_.size())));
    }
    return false;
  }

  struct Run {
    std::size_t first = 0;
    std::size_t last = 0;  ///< one behind
  };

  std::vector<Run> runs() const {
    std::vector<Run> runs;
    const auto is_like_last = [&](std::size_t k) {
      return watts_[k] == watts_[k - 1] &&
             (trace_.current.empty() || trace_.current[k] == trace_.current[k - 1]);
    };
    for (std::size_t k = 0; k < watts_.size(); ++k) {
      if (k > 0 && is_like_last(k)) {
        runs.back().last = k + 1;
      } else {
        runs.push_back({k, k + 1});
      }
    }
    return runs;
  }

  bool stuck() {
    const std::vector<Run> all = runs();
    if (all.size() == 1 && watts_.size() >= kLeastStuck) {
      return refuse(RecordingCheck::kStuck,
                    fmt::format("all {} readings are equal ({}): the sensor did not follow the "
                                "load (a hung bus, a value from a cache)",
                                format_grouped(static_cast<std::int64_t>(watts_.size())),
                                format_si(watts_.front(), "W")));
    }
    double busy_stuck = 0.0;
    double busy_all = 0.0;
    double busy_still = 0.0;
    for (const Stretch& s : busy_) busy_all += s.length();
    for (const Run& run : all) {
      if (length_of(run) > kStill) busy_still += busy_part(run);
    }
    for (const Run& run : all) {
      if (run.last - run.first < kLeastStuck) continue;
      const Stretch stretch{seconds_[run.first], seconds_[run.last - 1]};
      // Behind a slow filter values stand still now and then; of a fast sensor, none does.
      const double others = busy_still - busy_part(run);
      const bool is_alone =
          busy_part(run) > kStuckLong && others < kRarelyStill * (busy_all - busy_part(run));
      if (!crosses_edge(stretch) && !is_alone) continue;
      for (std::size_t k = run.first; k < run.last; ++k) keep_[k] = false;
      out_.stuck.push_back(stretch);
      busy_stuck += busy_part(run);
    }
    if (out_.stuck.empty()) return false;
    double seconds = 0.0;
    for (const Stretch& s : out_.stuck) seconds += s.length();
    if (busy_all > 0.0 && busy_stuck > kThroughout * busy_all) {
      return refuse(RecordingCheck::kStuck,
                    fmt::format("the readings stood still for {} while the load changed: the "
                                "sensor did not follow it (a hung bus, a value from a cache)",
                                format_si(seconds, "s")));
    }
    find(RecordingCheck::kStuck,
         fmt::format("The readings stood still for {} (from {} on) while the load went on: they "
                     "were left out.",
                     format_si(seconds, "s"), format_si(out_.stuck.front().begin, "s")));
    return false;
  }

  double length_of(const Run& run) const { return seconds_[run.last - 1] - seconds_[run.first]; }

  /// How much of it the load ran for.
  double busy_part(const Run& run) const {
    double seconds = 0.0;
    for (const Stretch& s : busy_) {
      seconds += std::max(
          0.0, std::min(s.end, seconds_[run.last - 1]) - std::max(s.begin, seconds_[run.first]));
    }
    return seconds;
  }

  /// Whether the load began or ended well within it.
  bool crosses_edge(const Stretch& stretch) const {
    return std::ranges::any_of(busy_, [&](const Stretch& s) {
      const auto within = [&](double edge) {
        return stretch.begin < edge && stretch.end > edge + kStuckSeconds;
      };
      return within(s.begin) || within(s.end);
    });
  }

  void zeros() {
    const auto count = static_cast<std::size_t>(std::ranges::count(watts_, 0.0));
    if (count == 0) return;
    std::vector<double> others;
    for (const double w : watts_) {
      if (w != 0.0) others.push_back(w);
    }
    // Idle may be next to nothing, on a rail of its own.
    const double step = power_step(trace_);
    if (others.empty() || quantile(others, 0.01) < 3.0 * step) return;
    for (std::size_t k = 0; k < watts_.size(); ++k) {
      if (watts_[k] == 0.0) keep_[k] = false;
    }
    const std::string sentence =
        fmt::format("{} are exactly 0 among others of {} and more: reads that failed",
                    share_of(count, watts_.size()), format_si(quantile(others, 0.01), "W"));
    if (static_cast<double>(count) > kThroughout * static_cast<double>(watts_.size())) {
      refuse(RecordingCheck::kZero, sentence);
    } else {
      find(RecordingCheck::kZero, sentence + "; they were left out.");
    }
  }

  void spikes() {
    std::vector<double> kept;
    for (std::size_t k = 0; k < watts_.size(); ++k) {
      if (keep_[k]) kept.push_back(watts_[k]);
    }
    if (kept.size() < 100) return;
    const double low = quantile(kept, kNearlyAll + kMostSpikes);
    const double high = quantile(kept, 1.0 - kNearlyAll - kMostSpikes);
    const double beyond = kBeyond * (high - low) + kStepsBeyond * power_step(trace_);
    std::size_t count = 0;
    double greatest = 0.0;
    for (std::size_t k = 0; k < watts_.size(); ++k) {
      if (!keep_[k] || (watts_[k] >= low - beyond && watts_[k] <= high + beyond)) continue;
      keep_[k] = false;
      ++count;
      if (std::abs(watts_[k]) > std::abs(greatest)) greatest = watts_[k];
    }
    if (count == 0) return;
    find(RecordingCheck::kSpikes,
         fmt::format("{} lie far from all others (up to {}; others lie between {} and {}) and were "
                     "left out.",
                     share_of(count, watts_.size()), format_si(greatest, "W"), format_si(low, "W"),
                     format_si(high, "W")));
  }

  void take_kept() {
    PowerTrace& kept = out_.trace;
    if (std::ranges::all_of(keep_, [](bool keep) { return keep; })) {
      kept = trace_;
      return;
    }
    kept.rail = trace_.rail;
    for (std::size_t k = 0; k < keep_.size(); ++k) {
      if (!keep_[k]) continue;
      kept.before.push_back(trace_.before[k]);
      kept.after.push_back(trace_.after[k]);
      kept.power.push_back(trace_.power[k]);
      if (!trace_.voltage.empty()) kept.voltage.push_back(trace_.voltage[k]);
      if (!trace_.current.empty()) kept.current.push_back(trace_.current[k]);
    }
  }

  const PowerTrace& trace_;
  std::span<const Stretch> busy_;
  std::optional<Watts> idle_apart_;
  std::vector<double> seconds_;
  std::vector<double> watts_;
  std::vector<bool> keep_;
  CheckedReadings out_;
};

}  // namespace

std::string_view to_string(RecordingCheck check) {
  switch (check) {
    case RecordingCheck::kUnits:
      return "units";
    case RecordingCheck::kStuck:
      return "stuck";
    case RecordingCheck::kZero:
      return "zero";
    case RecordingCheck::kNegative:
      return "negative";
    case RecordingCheck::kSpikes:
      return "spikes";
    case RecordingCheck::kGap:
      return "gap";
    case RecordingCheck::kClockStep:
      return "clock-step";
    case RecordingCheck::kClocks:
      return "clocks";
  }
  std::abort();
}

std::string refuse_no_power(const PowerTrace& trace) {
  if (trace.power.empty()) return {};
  const auto all = format_grouped(static_cast<std::int64_t>(trace.size()));
  if (std::ranges::all_of(trace.power, [](Watts w) { return w.value() == 0.0; })) {
    return fmt::format(
        "all {} readings of {} are exactly 0 W, and what runs draws more: the chip "
        "is asleep, or its shunt is not there",
        all, trace.rail.name);
  }
  const double step = std::max(power_step(trace), 1e-3);
  const auto negative =
      std::ranges::count_if(trace.power, [&](Watts w) { return w.value() < -1.5 * step; });
  if (static_cast<double>(negative) <= kThroughout * static_cast<double>(trace.size())) return {};
  return fmt::format(
      "{} of {} readings of {} are negative: the rail is read the wrong way round, "
      "or feeds power back",
      format_grouped(negative), all, trace.rail.name);
}

CheckedReadings check_readings(const PowerTrace& trace, std::span<const Stretch> busy,
                               Instant origin, std::optional<Watts> idle_apart) {
  return Checks(trace, busy, origin, idle_apart).run();
}

}  // namespace layerwatt
