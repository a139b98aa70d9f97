#include "attribution/sensor/declared_sensor_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "layerwatt/core/numbers.h"

#include "attribution/model/busy_time.h"
#include "attribution/model/fast_readings.h"
#include "attribution/model/read_times.h"
#include "attribution/sensor/edge_response.h"
#include "attribution/sensor/sensor_candidates.h"

namespace layerwatt {
namespace {

/// The datasheet's range of oscillators (SBOS576B 8.4.3).
constexpr double kOscillator = 0.3;
/// A memory shorter than so many readings, or conversions, shows as none.
constexpr double kReadings = 3.0;
constexpr double kConversions = 1.5;
/// Natural logarithm of how much less likely the declared memory must be: what the edges leave is
/// no white noise, so that far more is asked for than chance would.
constexpr double kLogContradicts = 40.0;
/// And how far off: by half.
constexpr double kClearlyOff = 1.5;
constexpr std::size_t kLeastReads = 300;
constexpr std::size_t kLeastChanges = 20;
/// Values that differ by so many steps are seldom equal by chance.
constexpr double kClearSteps = 4.0;

class DeclaredCheck {
 public:
  explicit DeclaredCheck(const DeclaredSensorQuestion& question)
      : question_(question), busy_(busy_stretches(*question.load)) {
    for (std::size_t k = 0; k < question.trace->size(); ++k) {
      seconds_.push_back(to_seconds(question.trace->when(k) - question.load->origin));
      watts_.push_back(question.trace->power[k].value());
    }
    distance_ = usual_distance(seconds_);
    const SensorModel& declared = question.declared;
    const int count = declared.average_count.value_or(1);
    is_block_ = declared.averaging == Averaging::kBlock && count > 1;
    value_period_ = declared.period ? to_seconds(*declared.period) : 0.0;
    memory_ = filter_seconds(declared);
  }

  std::optional<std::string> run() const {
    // Blocks are held against the register's changes where they are fitted (block_fit.h).
    if (busy_.empty() || distance_ <= 0.0 || is_block_) return std::nullopt;
    if (auto by_edges = against_edges()) return by_edges;
    if (!question_.changes_within || memory_ > 0.0 || value_period_ <= 0.0) return std::nullopt;
    return against_changes();
  }

 private:
  /// What the readings show before an edge is not what the load drew where its layers differ and
  /// memory is not long against a pass; where it is none at all, what they show is chance. So both
  /// must speak against what was declared.
  std::optional<std::string> against_edges() const {
    if (!clearly_other(true)) return std::nullopt;
    const auto other = clearly_other(false);
    if (!other) return std::nullopt;
    const bool is_faster = *other < expected().least;
    const std::string within = format_si(std::max(*other, distance_), "s");
    return fmt::format("readings follow the begin and end of the load within {}{}, where {}",
                       is_faster && *other < distance_ ? "less than " : "", within,
                       memory_ > 0.0
                           ? fmt::format("{} would be its time constant", format_si(memory_, "s"))
                           : std::string("each reading would stand for itself"));
  }

  ExpectedMemory expected() const {
    if (memory_ > 0.0) {
      return {MemoryKind::kExponential, (1.0 - kOscillator) * memory_,
              (1.0 + kOscillator) * memory_};
    }
    return {MemoryKind::kNone, 0.0, std::max(kReadings * distance_, kConversions * value_period_)};
  }

  /// The time that edges show, where it is clearly another.
  std::optional<double> clearly_other(bool from_last_readings) const {
    const double passes =
        std::max<double>(1.0, static_cast<double>(question_.load->pass_begins.size()));
    const double pass = (question_.load->end() - question_.load->begin()) / passes;
    const ExpectedMemory expected = this->expected();
    const auto edges =
        fit_edges({seconds_, watts_, busy_, question_.is_even, pass, expected, from_last_readings});
    if (!edges || !edges->expected) return std::nullopt;
    const MemoryFit& slow = edges->exponential.log_likelihood >= edges->mean.log_likelihood
                                ? edges->exponential
                                : edges->mean;
    const MemoryFit& best = edges->none.log_likelihood >= slow.log_likelihood ? edges->none : slow;
    if (best.log_likelihood - edges->expected->log_likelihood < kLogContradicts)
      return std::nullopt;
    // Where blocks run for seconds and a pass of one has layers that differ, its first layer is no
    // level that readings would rise from: nothing shorter than a pass is memory.
    const double shortest = question_.changes_within ? 0.0 : pass;
    const bool is_slower =
        best.seconds > kClearlyOff * std::max({expected.most, distance_, shortest});
    const bool is_faster = best.seconds < expected.least / kClearlyOff;
    if (!is_slower && !is_faster) return std::nullopt;
    return best.seconds;
  }

  /// Values never change more often than there are conversions, and where each is steps away from
  /// the last they hardly change more rarely. Of power, they do: volts and amperes are converted
  /// one after the other.
  std::optional<std::string> against_changes() const {
    const PowerTrace& trace = *question_.trace;
    std::vector<double> jumps;
    std::size_t reads = 0;
    double busy_seconds = 0.0;
    for (std::size_t k = 1; k < watts_.size(); ++k) {
      const bool is_inside = std::ranges::any_of(busy_, [&](const Stretch& s) {
        return s.holds(seconds_[k]) && s.holds(seconds_[k - 1]);
      });
      if (!is_inside) continue;
      ++reads;
      busy_seconds += seconds_[k] - seconds_[k - 1];
      const bool is_new = trace.current.empty() ? watts_[k] != watts_[k - 1]
                                                : trace.current[k] != trace.current[k - 1];
      if (is_new) jumps.push_back(std::abs(watts_[k] - watts_[k - 1]));
    }
    if (reads < kLeastReads || jumps.size() < kLeastChanges) return std::nullopt;
    const double apart = busy_seconds / static_cast<double>(jumps.size());
    const double most = (1.0 + kOscillator) * std::max(value_period_, distance_);
    const bool are_rare =
        apart > kClearlyOff * most && median_of(std::move(jumps)) > kClearSteps * power_step(trace);
    const bool are_many = apart < (1.0 - kOscillator) * value_period_ / kClearlyOff;
    if (!are_rare && !are_many) return std::nullopt;
    return fmt::format("readings change every {}, where a value would stand for {}",
                       format_si(apart, "s"), format_si(value_period_, "s"));
  }

  const DeclaredSensorQuestion& question_;
  std::vector<Stretch> busy_;
  std::vector<double> seconds_;
  std::vector<double> watts_;
  double distance_ = 0.0;
  bool is_block_ = false;
  double value_period_ = 0.0;
  double memory_ = 0.0;
};

}  // namespace

std::optional<std::string> contradicts_declared(const DeclaredSensorQuestion& question) {
  return DeclaredCheck(question).run();
}

std::string sensor_in_words(const SensorModel& model) {
  const int count = model.average_count.value_or(1);
  std::string words = count > 1 ? fmt::format("{} averages", count) : "single conversions";
  if (model.conversion_window) {
    words += fmt::format(" of {}", format_si(to_seconds(*model.conversion_window), "s"));
  }
  if (model.period)
    words += fmt::format(", one every {}", format_si(to_seconds(*model.period), "s"));
  return words;
}

}  // namespace layerwatt
