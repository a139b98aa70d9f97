#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "attribution/fit/chained_equations.h"
#include "attribution/fit/fine_fit.h"
#include "attribution/fit/linear_system.h"
#include "attribution/fit/rough_powers.h"
#include "attribution/model/fast_readings.h"
#include "attribution/model/pass_rows.h"
#include "attribution/model/residual_noise.h"
#include "attribution/model/slow_residual.h"

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

  /// Mean of the squared residuals at the position last looked at, each cut at `worst`².
  double mean_square() const { return now_.mean_square; }
  /// What another fit may start from.
  Start state() const;
  /// Gathers the normal equations at the present timing.
  FineFit finish();

 private:
  void find_pass_ends();
  void choose_knots(const ConversionClock& clock);
  struct OpenPass;
  void choose_border(std::size_t drift);
  void gather();
  void close_pass(OpenPass& pass, double& block_end);
  void take_residuals(const ResidualNoise& residuals, SlowResidual& slow_residual, double squares);
  std::vector<KnotBend> bends() const;
  Eigen::MatrixXd at_layout(const Eigen::MatrixXd& border) const;
  void expect_low_pass(Eigen::MatrixXd& products) const;
  void move();

  const FastReadings& readings_;
  const LoadPieces& load_;
  const LoadPieces* wider_ = nullptr;
  /// End of the last layer of each pass.
  std::vector<double> pass_ends_;
  /// Of a row to the end of its pass, about.
  double mean_before_end_ = 0.0;
  double wider_by_ = 0.0;
  double gap_change_ = 0.0;
  Sensor sensor_;
  double worst_;
  ExpectedPowers expected_;
  LatchPlace latch_;
  SensorKernel kernel_;
  FineFit fit_;
  /// Knots of the clock are the chain, all other unknowns its border.
  std::optional<ChainedEquations> equations_;
  ColumnLayout layout_;
  /// Column of the layout for each of the border; place in the border of each column of the load.
  std::vector<int> border_;
  std::vector<std::size_t> place_;
  std::size_t reach_first_ = 0;
  std::size_t reach_last_ = 1;
  /// What a step changes, to go back to.
  struct Position {
    std::vector<ConversionClock::Knot> knots;
    double board_low_pass = 0.0;
    std::vector<double> watts;
    double idle = 0.0;
    std::vector<double> drift;
    double noise = 1.0;
    /// Of the load against stamps, beside what the clock takes up.
    PassJitter stamp_jitter = {};
    /// Of residuals: beyond it a read does not count. Absent: all count.
    std::optional<double> reject;
    double drift_variance = 0.0;
    double mean_square = std::numeric_limits<double>::infinity();
  };
  void set_clock();

  Position now_;
  /// The last position from which a step was taken, and its normal equations.
  Position before_;
  std::optional<ChainedEquations> before_equations_;
  double damping_ = 0.0;
  double moved_ = 0.0;
  int steps_done_ = 0;
};

}  // namespace layerwatt
