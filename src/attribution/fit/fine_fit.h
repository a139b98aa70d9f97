#pragma once

#include <Eigen/Dense>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/attribution/conversion_clock.h"
#include "layerwatt/core/power_trace.h"

#include "attribution/fit/column_layout.h"
#include "attribution/fit/linear_system.h"
#include "attribution/model/design_matrix.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// Products of the rows of one block of time: kept as rows where these are fewer than columns.
class BlockProducts {
 public:
  static BlockProducts of_products(Eigen::MatrixXd products);
  /// One row of numbers a row.
  static BlockProducts of_rows(RowMatrix rows);

  Eigen::VectorXd times(const Eigen::VectorXd& weights) const;
  void add_to(Eigen::MatrixXd& sum) const;

 private:
  Eigen::MatrixXd products_;
  RowMatrix rows_;
};

/// The recording as normal equations at the sensor's best-fitting timing, before any decision on
/// layers: rows are whitened to noise of variance one. Timing entered by linearisation and is
/// solved for, so that whatever is told from these equations carries the doubt about timing; the
/// same equations with timing as it is stand beside them.
struct FineFit {
  /// Parts of the recording, each every so many blocks of time, that can be told from the others.
  static constexpr std::size_t kFolds = 4;

  /// Without timing.
  ColumnLayout layout;
  /// Products by block of time (sandwich), of the columns of the layout named in `columns`.
  std::vector<BlockProducts> blocks;
  std::vector<int> columns;
  /// Their sum, at the columns of the layout.
  Eigen::MatrixXd data;
  /// What is known of unknowns beforehand, timing included (it is smooth).
  Eigen::MatrixXd prior;
  /// With timing as it is: products of the folds, what is known beforehand of the layout's
  /// unknowns, and products of the columns with a shift of all readings to later, per second.
  std::array<Eigen::MatrixXd, kFolds> folds;
  Eigen::MatrixXd steady_prior;
  Eigen::VectorXd shift;
  /// Unknowns of timing that were solved for.
  int eliminated = 0;
  std::int64_t rows = 0;
  /// Least time over which a block was gathered, seconds.
  double block_seconds = 0.0;
  SensorKernel kernel;
  double period = 0.0;
  /// Of the averaging filter; 0 without one.
  double time_constant = 0.0;
  std::optional<ConversionClock> clock;
  /// From a conversion's end to when reads show it.
  double visible_after = 0.0;
  /// Of a read, when it takes over its register (LatchPlace).
  double latch_fraction = 0.0;
  /// Standard deviation of a reading's own noise, watts.
  double noise = 0.0;
  /// Standard deviation of what rounding may leave in the mean of readings of one steady power, of
  /// layers and of idle. Shared: the layers' is one error of their sum, which is all that is steady
  /// behind a slow filter.
  double rounding = 0.0;
  double idle_rounding = 0.0;
  bool rounding_is_shared = false;
  /// Sensor slower than the passes: only slow changes of the load were used.
  bool is_slow = false;
  /// Readings are levels of an energy counter; `visible_after` is their mean age.
  bool is_counter = false;
  /// Power per column and idle at the solution with repeats pooled, for slopes and predictions.
  std::vector<double> watts;
  double idle = 0.0;
  /// Why layers must not be told apart, where the timing was not found; else empty.
  std::string hides_layers;
  std::vector<std::string> notes;

  Eigen::MatrixXd total() const { return data + prior; }
  Eigen::MatrixXd steady_total() const;
  /// As if it had been measured that the unknown in `column` is `value`, give or take `deviation`.
  void expect(int column, double value, double deviation);
  /// By block of time, what its readings are beyond the unknowns `fine`, along each unknown of the
  /// layout: a column a block.
  Eigen::MatrixXd scores(const Eigen::VectorXd& fine) const;
};

/// Some columns of normal equations solved for: a solved unknown is its row times (the unknowns
/// kept, −1), and `products` are those of the unknowns kept and the reading.
struct SolvedColumns {
  Eigen::MatrixXd rows;
  Eigen::MatrixXd products;
};
SolvedColumns solve_columns(const Eigen::MatrixXd& products, Eigen::Index first,
                            Eigen::Index count);

/// Equations in which timing is still unknown. The layout's timing and low-pass stand last.
struct SteadyEquations {
  ColumnLayout layout;
  /// Of the layout, those that the blocks have, the reading last.
  std::vector<int> columns;
  /// By block of time, knots of a clock left out: they stay where they are.
  std::vector<Eigen::MatrixXd> blocks;
  Eigen::VectorXd shift;
};
/// Fills the equations of `fit`: `blocks` are those of `steady` with a clock's knots solved for,
/// `total` their sum at the columns of the layout with what is known beforehand.
void eliminate_timing(const SteadyEquations& steady, std::vector<Eigen::MatrixXd> blocks,
                      const Eigen::MatrixXd& total, FineFit& fit);
/// The same from whitened rows, of which block b begins at `begins[b]`. `prior`: what is known
/// beforehand, at the columns of the layout; `timing`: the values at which timing is fixed in the
/// folds; `shift`: the column of a shift of all readings.
void eliminate_timing(const ColumnLayout& layout, const RowMatrix& rows,
                      std::span<const Eigen::Index> begins, const Eigen::MatrixXd& prior,
                      const Eigen::VectorXd& timing, int shift, FineFit& fit);

}  // namespace layerwatt
