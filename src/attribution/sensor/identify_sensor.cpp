#include "attribution/sensor/identify_sensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/attribution/conversion_clock.h"
#include "layerwatt/core/numbers.h"

#include "attribution/clock/register_changes.h"
#include "attribution/model/read_times.h"
#include "attribution/sensor/register_hold.h"

namespace layerwatt {
namespace {

/// Oscillators are off by up to 30 % (SBOS576B 8.4.3), usually by 6 %: standard deviation.
constexpr double kOscillatorError = 0.08;
/// A filter shows where it lasts longer than so many readings and explains the edges so much
/// better (natural logarithm) than none.
constexpr double kLeastMemory = 2.5;
constexpr double kClearly = 5.0;
/// Readings further apart than this cannot follow layers, whatever the sensor.
constexpr double kSlowReads = 0.02;
/// Values that stand for no longer than so many readings hide the period.
constexpr double kReadsPerPeriod = 1.3;
/// Candidates that are tried, the likeliest beforehand first.
constexpr std::size_t kMostTried = 4;
/// Readings of a stretch are worth this part of as many independent ones.
constexpr double kIndependent = 0.3;

struct Weighed {
  SensorCandidate candidate;
  /// Natural logarithm of prior times likelihood.
  double log_weight = 0.0;
};

double log_normal(double x, double deviation) {
  return -0.5 * (x / deviation) * (x / deviation) - std::log(deviation);
}

class Identification {
 public:
  explicit Identification(const SensorQuestion& question)
      : question_(question), busy_(busy_stretches(*question.load)) {
    const PowerTrace& trace = *question.trace;
    for (std::size_t k = 0; k < trace.size(); ++k) {
      seconds_.push_back(to_seconds(trace.when(k) - question.load->origin));
      watts_.push_back(trace.power[k].value());
    }
    distance_ = usual_distance(seconds_);
  }

  std::optional<EdgeResponse> edges() const {
    const double passes =
        std::max<double>(1.0, static_cast<double>(question_.load->pass_begins.size()));
    const double pass = (question_.load->end() - question_.load->begin()) / passes;
    return fit_edges({seconds_, watts_, busy_, question_.is_even, pass, std::nullopt});
  }

  IdentifiedSensor run() {
    const auto edges = this->edges();
    // A filter's register changes now and then, at no period.
    const bool is_slow = edges && is_filter(*edges) && edges->exponential.seconds > kLongFilter;
    if (!is_slow) hold_ = register_hold(*question_.trace, busy_);
    if (edges && is_filter(*edges)) return filter(edges->exponential);
    if (distance_ > kSlowReads) return slow_reads(edges);
    return conversions(edges);
  }

 private:
  bool is_filter(const EdgeResponse& edges) const {
    const MemoryFit& fit = edges.exponential;
    const double other = std::max(edges.none.log_likelihood, edges.mean.log_likelihood);
    return fit.seconds > kLeastMemory * std::max(distance_, hold_) &&
           fit.log_likelihood > edges.none.log_likelihood + kClearly && fit.log_likelihood > other;
  }

  static void finish(std::vector<Weighed>& weighed, std::string_view told, IdentifiedSensor& out) {
    std::ranges::stable_sort(weighed, {}, [](const Weighed& w) { return -w.log_weight; });
    const double most = weighed.front().log_weight;
    double sum = 0.0;
    for (const Weighed& w : weighed) sum += std::exp(w.log_weight - most);
    out.model = weighed.front().candidate.model;
    out.finding.found = weighed.front().candidate.name + std::string(told);
    out.finding.certainty = 1.0 / sum;
    if (weighed.size() > 1) {
      out.finding.next_best = weighed[1].candidate.name;
      out.finding.times_less_likely = std::exp(std::min(50.0, most - weighed[1].log_weight));
    }
    out.model.provenance = Provenance::kMeasured;
    out.model.source = "found from the recording: " + out.finding.found;
  }

  IdentifiedSensor filter(const MemoryFit& fit) const {
    std::vector<Weighed> weighed;
    for (SensorCandidate& candidate : ina3221_candidates()) {
      const double nominal = filter_seconds(candidate.model);
      if (nominal <= 0.0) continue;
      const double off = std::log(fit.seconds / nominal);
      const double deviation = std::hypot(kOscillatorError, fit.relative_error);
      weighed.push_back({candidate, std::log(candidate.prior) + log_normal(off, deviation)});
    }
    IdentifiedSensor out;
    finish(weighed, fmt::format(", time constant {} s", format_significant(fit.seconds, 3)), out);
    out.memory = fit.seconds;
    out.memory_error = fit.relative_error;
    out.model.period = from_seconds(
        -fit.seconds * std::log1p(-1.0 / static_cast<double>(*out.model.average_count)));
    return out;
  }

  /// Readings so far apart that layers could not be told: whether they show instants or means.
  IdentifiedSensor slow_reads(const std::optional<EdgeResponse>& edges) const {
    const double ratio = scatter_ratio();
    IdentifiedSensor out;
    // A mean over a period of the logger evens out what differs within a pass.
    const bool is_mean = ratio < kMeanScatter;
    out.finding.certainty = edges ? 0.8 : 0.6;
    const std::string apart = format_si(distance_, "s");
    out.finding.found = is_mean
                            ? fmt::format("readings {} apart that show means over that time", apart)
                            : fmt::format("readings {} apart that show instants", apart);
    out.finding.next_best = is_mean ? "instants" : "means over the time between readings";
    out.finding.times_less_likely = out.finding.certainty / (1.0 - out.finding.certainty);
    out.model.period = from_seconds(distance_);
    out.model.conversion_window = is_mean ? from_seconds(distance_) : from_seconds(distance_ / 6.0);
    out.model.average_count = 1;
    out.model.provenance = Provenance::kMeasured;
    out.model.source = "found from the recording: " + out.finding.found;
    out.memory = is_mean ? distance_ : 0.0;
    out.memory_error = 1.0;
    out.hides_layers = fmt::format(
        "readings {} apart are too far apart to tell layers: only the total can be told", apart);
    return out;
  }

  /// Scatter of readings while the load runs over that of idle readings.
  double scatter_ratio() const {
    const auto deviation = [&](const std::vector<double>& values) {
      if (values.size() < 3) return 0.0;
      std::vector<double> steps;
      for (std::size_t i = 1; i < values.size(); ++i)
        steps.push_back(std::abs(values[i] - values[i - 1]));
      return median_of(std::move(steps));
    };
    std::vector<double> running;
    for (std::size_t k = 0; k < seconds_.size(); ++k) {
      for (const Stretch& busy : busy_) {
        if (seconds_[k] > busy.begin + distance_ && seconds_[k] < busy.end - distance_) {
          running.push_back(watts_[k]);
        }
      }
    }
    const double level = median_of(running);
    return level > 0.0 ? deviation(running) / level : 0.0;
  }

  std::vector<SensorCandidate> by_period() const {
    std::vector<SensorCandidate> candidates;
    for (SensorCandidate& candidate : ina3221_candidates()) {
      if (*candidate.model.average_count > 1) continue;
      const double period = to_seconds(*candidate.model.period);
      if (hold_ > 0.0) {
        if (std::abs(std::log(hold_ / period)) > kMostOff) continue;
      } else if (period > kReadsPerPeriod * distance_ + 1e-4) {
        continue;
      }
      candidates.push_back(std::move(candidate));
    }
    for (SensorCandidate& candidate : ina238_candidates()) {
      const double block =
          to_seconds(*candidate.model.period) * static_cast<double>(*candidate.model.average_count);
      if (hold_ > 0.0 && std::abs(std::log(hold_ / block)) < kMostOff) {
        candidates.push_back(std::move(candidate));
      }
    }
    return candidates;
  }

  /// Single conversions or blocks: the period by how long values stand, where they do; and what
  /// explains the readings within passes.
  IdentifiedSensor conversions(const std::optional<EdgeResponse>& edges) const {
    std::vector<Weighed> weighed;
    for (SensorCandidate& candidate : by_period()) {
      double weight = std::log(candidate.prior);
      if (hold_ > 0.0) {
        const double nominal =
            to_seconds(*candidate.model.period) *
            (candidate.model.averaging == Averaging::kBlock ? *candidate.model.average_count : 1);
        weight += log_normal(std::log(hold_ / nominal), kOscillatorError);
      }
      weighed.push_back({std::move(candidate), weight});
    }
    std::ranges::stable_sort(weighed, {}, [](const Weighed& w) { return -w.log_weight; });
    if (weighed.empty()) return unknown(edges);
    try_candidates(weighed);
    IdentifiedSensor out;
    finish(weighed, hold_ > 0.0 ? fmt::format(", values stand for {}", format_si(hold_, "s")) : "",
           out);
    // Nothing of the recording speaks for any of them: only how often one meets them does.
    if (!question_.try_clock && hold_ <= 0.0) {
      out.finding.certainty = std::min(out.finding.certainty, kByHabit);
      out.finding.times_less_likely = out.finding.certainty / (1.0 - out.finding.certainty);
    }
    if (hold_ > 0.0 && out.model.averaging != Averaging::kBlock) {
      out.model.conversion_window = from_seconds(hold_ * to_seconds(*out.model.conversion_window) /
                                                 to_seconds(*out.model.period));
      out.model.period = from_seconds(hold_);
    }
    return out;
  }

  void try_candidates(std::vector<Weighed>& weighed) const {
    if (!question_.try_clock) return;
    std::size_t tried = 0;
    bool found = false;
    for (Weighed& w : weighed) {
      const SensorModel& model = w.candidate.model;
      const bool is_block = model.averaging == Averaging::kBlock;
      if (is_block || tried == kMostTried || found) {
        w.log_weight -= found && !is_block ? kUntried : 0.0;
        continue;
      }
      ++tried;
      const double scale = hold_ > 0.0 ? hold_ / to_seconds(*model.period) : 1.0;
      const auto trial = question_.try_clock(scale * to_seconds(*model.period),
                                             scale * to_seconds(*model.conversion_window), 1);
      if (!trial || trial->left_without <= 0.0) continue;
      // Less than idle readings scatter by is as good as that.
      const double floor =
          std::min(1.0, std::max(trial->idle_variance / trial->left_without, kLeastLeft));
      const double left = std::clamp(trial->left / trial->left_without, floor, 1.0);
      w.log_weight -= 0.5 * kIndependent * static_cast<double>(trial->readings) * std::log(left);
      found = found || trial->explains();
    }
  }

  IdentifiedSensor unknown(const std::optional<EdgeResponse>& edges) const {
    IdentifiedSensor out;
    out.model.period = from_seconds(hold_ > 0.0 ? hold_ : distance_);
    out.model.conversion_window = out.model.period;
    out.model.average_count = 1;
    out.model.provenance = Provenance::kMeasured;
    out.finding.found =
        hold_ > 0.0 ? fmt::format("a register that is renewed every {}, of no chip known here",
                                  format_si(hold_, "s"))
                    : "a sensor of no kind known here";
    out.finding.certainty = 0.5;
    out.model.source = "found from the recording: " + out.finding.found;
    if (edges) {
      const MemoryFit& best = edges->mean.log_likelihood > edges->exponential.log_likelihood
                                  ? edges->mean
                                  : edges->exponential;
      if (best.log_likelihood > edges->none.log_likelihood + kClearly) out.memory = best.seconds;
      out.memory_error = 1.0;
    }
    out.hides_layers = "what the sensor shows is not known: only the total can be told";
    return out;
  }

  /// No register of single values stands for so long.
  static constexpr double kLongFilter = 0.15;
  static constexpr double kLeastLeft = 1e-3;
  static constexpr double kMeanScatter = 0.03;
  static constexpr double kMostOff = 0.3;
  /// What was not tried after another was found is taken for so much less likely.
  static constexpr double kUntried = 7.0;
  static constexpr double kByHabit = 0.5;

  const SensorQuestion& question_;
  std::vector<Stretch> busy_;
  std::vector<double> seconds_;
  std::vector<double> watts_;
  double distance_ = 0.0;
  double hold_ = 0.0;
};

}  // namespace

IdentifiedSensor identify_sensor(const SensorQuestion& question) {
  return Identification(question).run();
}

}  // namespace layerwatt
