#include "attribution/total/mean_power_total.h"

#include <algorithm>
#include <cmath>

#include "attribution/model/fast_readings.h"
#include "attribution/model/read_times.h"
#include "attribution/model/rounding.h"

namespace layerwatt {
namespace {

/// A filter has forgotten the load, to a thousandth, after so many time constants.
constexpr double kSettled = 7.0;
constexpr std::size_t kLeastIdle = 5;
/// Pieces of the run whose scatter tells the error of its mean.
constexpr double kPieces = 24.0;
constexpr double kLeastSeconds = 0.5;
/// Idle power on one side alone: how far it may have moved meanwhile, relative.
constexpr double kUnseenDrift = 0.005;
/// Gain of an interval's half that few pieces need.
constexpr double kFewPieces = 1.1;

struct IdleLevel {
  double middle = 0.0;
  Measured level;
};

class MeanPower {
 public:
  explicit MeanPower(const MeanPowerInput& input)
      : input_(input), load_(*input.load), busy_(busy_stretches(load_)) {
    for (Stretch& stretch : busy_) {
      stretch.begin += input.offset;
      stretch.end += input.offset;
    }
    const PowerTrace& trace = *input.trace;
    for (std::size_t k = 0; k < trace.size(); ++k) {
      const double t = to_seconds(trace.when(k) - load_.origin);
      const bool is_out =
          std::ranges::any_of(input.left_out, [&](const Stretch& s) { return s.holds(t); });
      if (is_out) continue;
      seconds_.push_back(t);
      watts_.push_back(trace.power[k].value());
    }
    distance_ = usual_distance(seconds_);
    step_ = power_step(trace);
  }

  std::optional<MeanPowerTotal> run() {
    if (seconds_.size() < 2 * kLeastIdle || busy_.empty()) return std::nullopt;
    find_idle();
    MeanPowerTotal total;
    if (idle_.empty()) {
      if (!input_.idle_apart) return std::nullopt;
      total.idle = {*input_.idle_apart, kUnseenDrift * std::abs(*input_.idle_apart)};
      idle_.push_back({seconds_.front(), total.idle});
    } else {
      total.idle = mean_idle();
      total.idle_is_from_recording = true;
    }
    for (const Stretch& stretch : busy_) total.busy_seconds += stretch.length();
    const auto power = mean_above_idle();
    if (!power) return std::nullopt;
    total.energy = {power->value * total.busy_seconds, power->error * total.busy_seconds};
    return total;
  }

 private:
  double settle() const { return kSettled * input_.memory + 2.0 * distance_ + input_.period; }

  std::pair<std::size_t, std::size_t> range(const Stretch& s) const {
    const auto a = std::lower_bound(seconds_.begin(), seconds_.end(), s.begin) - seconds_.begin();
    const auto b = std::lower_bound(seconds_.begin(), seconds_.end(), s.end) - seconds_.begin();
    return {static_cast<std::size_t>(a), static_cast<std::size_t>(std::max(a, b))};
  }

  /// Error of the mean of steady readings: scatter, and what rounding leaves.
  Measured steady(std::size_t first, std::size_t last) const {
    const auto n = static_cast<double>(last - first);
    double sum = 0.0;
    for (std::size_t k = first; k < last; ++k) sum += watts_[k];
    const double mean = sum / n;
    std::vector<double> residual;
    double squares = 0.0;
    for (std::size_t k = first; k < last; ++k) {
      residual.push_back(watts_[k] - mean);
      squares += residual.back() * residual.back();
    }
    // One reading in a conversion, one in a filter's memory, is independent of others.
    const double length = seconds_[last - 1] - seconds_[first];
    const double apart = std::max({distance_, 2.0 * input_.memory, input_.period});
    const double independent = std::clamp(length / std::max(apart, 1e-9), 1.0, n);
    double error = std::sqrt(squares / n / independent);
    if (step_ > 0.0) {
      error = std::hypot(error, rounding_of(residual, length));
    }
    return {mean, error};
  }

  /// What rounding leaves in the mean of readings over `length`: noise evens it out only as often
  /// as it is another, which behind a filter is once in two time constants.
  double rounding_of(const std::vector<double>& residual, double length) const {
    const double apart = std::max({distance_, 2.0 * input_.memory, input_.period});
    const double independent = std::max(1.0, length / std::max(apart, 1e-9));
    return std::hypot(rounding_error(noise_before_rounding(residual, step_), step_),
                      rounding_error(0.0, step_) / std::sqrt(independent));
  }

  void find_idle() {
    for (const Stretch& stretch :
         idle_stretches(busy_, seconds_.front(), seconds_.back() + distance_, settle())) {
      const auto [first, last] = range(stretch);
      if (last - first < kLeastIdle) continue;
      idle_.push_back({0.5 * (seconds_[first] + seconds_[last - 1]), steady(first, last)});
    }
  }

  /// Of idle power over the run, by the stretches before it, behind it and within.
  Measured mean_idle() const {
    const double begin = busy_.front().begin;
    const double end = busy_.back().end;
    // Idle power is a broken line between stretches: fifty points of it give its mean to a part of
    // what rounding leaves.
    constexpr double kSteps = 50.0;
    Measured mean;
    for (double i = 0.5; i < kSteps; i += 1.0) {
      mean.value += idle_at(begin + (end - begin) * i / kSteps) / kSteps;
    }
    // Rounding is the same wherever the level is the same: not evened out by more stretches.
    double least = idle_.front().level.error;
    for (const IdleLevel& idle : idle_) least = std::min(least, idle.level.error);
    const double moved = std::abs(idle_.back().level.value - idle_.front().level.value);
    const bool is_one_sided = idle_.size() == 1;
    // A random walk between two known ends strays by its step over √12 on average.
    const double drift =
        is_one_sided ? kUnseenDrift * std::abs(mean.value) : moved / std::sqrt(12.0);
    mean.error = std::hypot(least, drift);
    return mean;
  }

  double idle_at(double t) const {
    if (t <= idle_.front().middle) return idle_.front().level.value;
    for (std::size_t i = 1; i < idle_.size(); ++i) {
      if (t > idle_[i].middle) continue;
      const double part = (t - idle_[i - 1].middle) / (idle_[i].middle - idle_[i - 1].middle);
      return idle_[i - 1].level.value * (1.0 - part) + idle_[i].level.value * part;
    }
    return idle_.back().level.value;
  }

  /// Mean of the power above idle while something runs, by pieces of the run without holes.
  std::optional<Measured> mean_above_idle() {
    double energy = 0.0;
    double time = 0.0;
    std::vector<double> scatter;
    double held = 0.0;
    std::size_t longest_first = 0;
    std::size_t longest_last = 0;
    for (const Stretch& stretch : busy_) {
      auto [first, last] = range(stretch);
      // The readings just before and behind tell the ends of the integral.
      while (first < last) {
        std::size_t next = first + 1;
        while (next < last && seconds_[next] - seconds_[next - 1] <= hole()) ++next;
        if (next - first > longest_last - longest_first) {
          longest_first = first;
          longest_last = next;
        }
        add_piece(first, next, energy, time, held, scatter);
        first = next;
      }
    }
    double busy = 0.0;
    for (const Stretch& stretch : busy_) busy += stretch.length();
    if (time <= 0.0 || (time < kLeastSeconds && time < 0.5 * busy)) return std::nullopt;
    Measured mean;
    mean.value = energy / time;
    const double idle_error = std::hypot(0.0, idle_.size() > 0 ? mean_idle_error() : 0.0);
    double sampling = 0.0;
    if (scatter.size() >= 2) {
      double sum = 0.0;
      double squares = 0.0;
      for (const double s : scatter) {
        sum += s;
        squares += s * s;
      }
      const auto n = static_cast<double>(scatter.size());
      sampling = kFewPieces * std::sqrt(std::max(0.0, squares / n - sum * sum / n / n) / (n - 1.0));
    }
    double rounding = 0.0;
    if (step_ > 0.0 && longest_last - longest_first >= kLeastIdle) {
      rounding = running_rounding(longest_first, longest_last);
    }
    const double filter = std::abs(held) * input_.memory_error / time;
    mean.error = std::sqrt(idle_error * idle_error + sampling * sampling + rounding * rounding +
                           filter * filter);
    return mean;
  }

  double mean_idle_error() const {
    if (input_.idle_apart && idle_.size() == 1 && idle_.front().level.error > 0.0 &&
        idle_.front().level.value == *input_.idle_apart) {
      return idle_.front().level.error;
    }
    return mean_idle().error;
  }

  double hole() const { return least_hole(distance_); }

  /// Behind a filter that hardly moves, readings of the run are rounded alike.
  double running_rounding(std::size_t first, std::size_t last) const {
    std::vector<double> residual;
    double sum = 0.0;
    for (std::size_t k = first; k < last; ++k) sum += watts_[k];
    const double mean = sum / static_cast<double>(last - first);
    for (std::size_t k = first; k < last; ++k) residual.push_back(watts_[k] - mean);
    return rounding_of(residual, seconds_[last - 1] - seconds_[first]);
  }

  void add_piece(std::size_t first, std::size_t last, double& energy, double& time, double& held,
                 std::vector<double>& scatter) {
    if (last - first < 3) return;
    const double length = seconds_[last - 1] - seconds_[first];
    const auto parts = static_cast<std::size_t>(
        std::clamp(length / std::max(4.0 * input_.memory, 20.0 * distance_), 1.0, kPieces));
    for (std::size_t p = 0; p < parts; ++p) {
      const std::size_t a = first + p * (last - 1 - first) / parts;
      const std::size_t b = first + (p + 1) * (last - 1 - first) / parts;
      if (b <= a) continue;
      double sum = 0.0;
      for (std::size_t k = a; k < b; ++k) {
        const double dt = seconds_[k + 1] - seconds_[k];
        const double level = 0.5 * (watts_[k] + watts_[k + 1]);
        sum += dt * (level - idle_at(seconds_[k] + 0.5 * dt));
      }
      const double change = watts_[b] - watts_[a];
      const double dt = seconds_[b] - seconds_[a];
      const double part = sum + input_.memory * change;
      energy += part;
      time += dt;
      held += change;
      if (dt > 0.0) scatter.push_back(part / dt);
    }
  }

  const MeanPowerInput& input_;
  const LoadPieces& load_;
  std::vector<Stretch> busy_;
  std::vector<double> seconds_;
  std::vector<double> watts_;
  std::vector<IdleLevel> idle_;
  double distance_ = 0.0;
  double step_ = 0.0;
};

}  // namespace

std::optional<MeanPowerTotal> mean_power_total(const MeanPowerInput& input) {
  return MeanPower(input).run();
}

}  // namespace layerwatt
