#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "attribution/fit/chained_equations.h"
#include "attribution/fit/column_layout.h"
#include "attribution/model/design_matrix.h"
#include "attribution/model/fast_readings.h"
#include "attribution/model/pass_rows.h"
#include "attribution/model/residual_noise.h"
#include "attribution/model/slow_residual.h"

namespace layerwatt {

/// Rows further off than this many deviations of the noise are stalled reads, not data.
inline constexpr double kRejectDeviations = 5.0;
/// Drift beside the polynomials is taken as a walk that forgets within this time.
inline constexpr double kDriftTime = 30.0;

/// What a step of the fit of timing changes.
struct TimingPosition {
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

/// Single conversions, or blocks of them, as rows: one for each conversion that was read, its
/// columns the load, idle, drift, the low-pass, how far layers stand apart, and the knots of the
/// clock beside it. Rows of a pass share an error of their stamps; the knots are the chain of the
/// equations, all other unknowns their border.
class ConversionObservation {
 public:
  /// Readings and load are kept by reference. Residuals count as `worst` at most.
  ConversionObservation(const FastReadings& readings, const LoadPieces& load, double worst);

  /// `wider` is the load with the layers `by` seconds further apart, kept by reference: how far
  /// they stand apart is a column from now on.
  void estimate_gap(const LoadPieces& wider, double by);
  bool estimates_gap() const { return wider_ != nullptr; }
  /// From a row to the end of its pass, about, seconds.
  double mean_before_end() const { return mean_before_end_; }

  /// What rows leave at a position.
  struct Residuals {
    explicit Residuals(double period) : slow(period) {}
    ResidualNoise noise;
    SlowResidual slow;
    double squares = 0.0;
  };
  /// Gathers the rows at `position`, block by block of at least `block_seconds`, in equations(),
  /// for conversions of `clock` as reads show them with `latch`, through `kernel`.
  Residuals observe(const TimingPosition& position, const ConversionClock& clock,
                    const SensorKernel& kernel, const LatchPlace& latch, double block_seconds);

  /// Of the last observation.
  const ChainedEquations& equations() const { return *equations_; }
  ChainedEquations take_equations() { return *std::move(equations_); }
  const ColumnLayout& layout() const { return layout_; }
  /// Column of the layout for each of the border.
  const std::vector<int>& border() const { return border_; }
  /// Products of the border at the places of the layout.
  Eigen::MatrixXd at_layout(const Eigen::MatrixXd& border) const;

 private:
  struct OpenPass;
  void find_pass_ends();
  void choose_border(std::size_t drift);
  void close_pass(const TimingPosition& position, double block_seconds, OpenPass& pass);

  const FastReadings& readings_;
  const LoadPieces& load_;
  double worst_;
  const LoadPieces* wider_ = nullptr;
  double wider_by_ = 0.0;
  /// End of the last layer of each pass.
  std::vector<double> pass_ends_;
  double mean_before_end_ = 0.0;
  std::optional<ChainedEquations> equations_;
  ColumnLayout layout_;
  std::vector<int> border_;
  /// Place in the border of each column of the load.
  std::vector<std::size_t> place_;
  std::size_t reach_first_ = 0;
  std::size_t reach_last_ = 1;
  double block_end_ = 0.0;
};

}  // namespace layerwatt
