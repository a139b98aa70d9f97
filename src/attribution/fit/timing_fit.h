#pragma once

#include <optional>

#include "attribution/fit/chained_equations.h"
#include "attribution/fit/conversion_observation.h"
#include "attribution/fit/fine_fit.h"
#include "attribution/fit/rough_powers.h"
#include "attribution/model/fast_readings.h"

namespace layerwatt {

/// Fits clock, board low-pass, drift and all powers to the readings of a stretch (or of all) of a
/// recording together: Gauss and Newton, from a clock that is off by less than about 70 µs.
class TimingFit {
 public:
  struct Sensor {
    /// Nominal, from one value to the next; the window follows the clock's scale.
    double period = 0.0;
    double window = 0.0;
    /// Conversions whose mean makes a value (block averaging), evenly spread over the period.
    int block_count = 1;

    SensorKernel kernel(double true_period, double board_low_pass) const {
      return {.window = window * true_period / period,
              .board_low_pass = board_low_pass,
              .block_count = block_count,
              .block_step = true_period / block_count};
    }
  };
  struct Start {
    ConversionClock clock;
    LatchPlace latch;
    StretchPowers powers;
    double board_low_pass = kUsualBoardLowPass;
    /// Standard deviation that residuals may have at first.
    double noise = 1.0;
    /// From an earlier fit to the same readings; timing is nearly right then.
    bool is_settled = false;
    PassJitter stamp_jitter = {};
    double drift_variance = 0.0;
  };

  /// Readings and load are kept by reference. Residuals count as `worst` at most.
  TimingFit(const FastReadings& readings, const LoadPieces& load, const Sensor& sensor,
            double worst, const Start& start);

  /// Estimates along how far layers stand apart: `wider` is the load with the layers `by` seconds
  /// further apart; kept by reference.
  void estimate_gap(const LoadPieces& wider, double by);

  /// One step, damped where the last one made it worse (Levenberg and Marquardt); returns the
  /// largest change of a knot, seconds.
  double step();
  /// `most` steps, fewer where the clock has settled.
  void steps(int most);
  /// By how much further apart the layers stand than was assumed, seconds.
  double gap_change() const { return gap_change_; }
  /// Moves the latch to where the readings are explained best.
  void place_latch();

  /// Takes from now on the drift of idle power that is likeliest, not the one that residuals show:
  /// of layers that run alone for long these show none, for each layer's power takes up what the
  /// board drifts by meanwhile.
  void choose_drift();

  /// Mean of the squared residuals at the position last looked at, each cut at `worst`².
  double mean_square() const { return now_.mean_square; }
  /// What another fit may start from.
  Start state() const;
  /// Gathers the normal equations at the present timing.
  FineFit finish();

 private:
  void choose_knots(const ConversionClock& clock);
  void set_clock();
  void observe();
  void observe_better();
  double deviance_of_drift(double variance);
  void move();

  const FastReadings& readings_;
  const LoadPieces& load_;
  ConversionObservation observation_;
  Sensor sensor_;
  double worst_;
  /// Of layers, and idle, before anything is known (power_prior).
  double expected_mean_ = 0.0;
  double expected_idle_ = 0.0;
  LatchPlace latch_;
  SensorKernel kernel_;
  /// Of a row to the end of its pass, about.
  double mean_before_end_ = 0.0;
  double gap_change_ = 0.0;
  FineFit fit_;
  TimingPosition now_;
  /// The last position from which a step was taken, and its normal equations.
  TimingPosition before_;
  std::optional<ChainedEquations> before_equations_;
  double damping_ = 0.0;
  double moved_ = 0.0;
  int steps_done_ = 0;
  bool drift_is_chosen_ = false;
};

}  // namespace layerwatt
