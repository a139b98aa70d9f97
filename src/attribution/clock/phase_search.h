#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace layerwatt {

/// What two successive reads say of the ends of conversions in (from, to]: the register changed, so
/// there was one at least, or it repeated, so there was probably none.
struct RegisterEvent {
  double from = 0.0;
  double to = 0.0;
  bool changed = false;
};

/// A train of conversion ends: reference + phase + j·period.
struct PulseTrain {
  double period = 0.0;
  /// In [0, period), from the reference time of the search.
  double phase = 0.0;
  double score = 0.0;
};

/// Scores pulse trains by the log-likelihood of register events. The probability that a new
/// conversion shows as a change is taken from the rate of changes.
class PhaseSearch {
 public:
  /// `events` is kept by reference.
  PhaseSearch(std::span<const RegisterEvent> events, double reference);

  /// Best phase for one period; `bins` phases are tried.
  PulseTrain best_phase(double period, int bins);

  /// Mean and standard deviation of the phase near `around` (± period/2) for one period, by the
  /// likelihood over `bins` phases; the mean may lie outside [0, period).
  struct Posterior {
    double mean = 0.0;
    double deviation = 0.0;
    double best_score = 0.0;
  };
  Posterior phase_posterior(double period, double around, double around_deviation, int bins);

  /// Best of the periods between `low` and `high`, in steps that move the last event by a part of a
  /// period.
  static constexpr double kStepsPerPeriod = 15.0;
  struct Period {
    PulseTrain best;
    /// The best score of the periods at least `apart` (relative) from the best; absent where none
    /// of those tried is.
    std::optional<double> rival;
  };
  Period best_period(double low, double high, int bins, double apart);

 private:
  void fill(double period, int bins);
  template <class Score>
  double add_event(const RegisterEvent& event, double per_period, const Score& score);

  std::span<const RegisterEvent> events_;
  std::vector<RegisterEvent> changes_;
  /// What the events cover without interruption.
  std::vector<RegisterEvent> stretches_;
  double reference_;
  double change_rate_ = 0.0;
  double length_ = 0.0;
  /// Score per phase bin of the last fill(); while it fills, the differences between bins.
  std::vector<double> scores_;
};

}  // namespace layerwatt
