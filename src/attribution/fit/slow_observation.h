#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <span>
#include <vector>

#include "layerwatt/core/power_trace.h"

#include "attribution/fit/linear_system.h"
#include "attribution/fit/row_fit.h"
#include "attribution/fit/slow_noise.h"
#include "attribution/model/common_gain.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

struct SlowFitInput {
  const PowerTrace* trace = nullptr;
  const LoadPieces* load = nullptr;
  /// Of the averaging filter; first guess.
  double time_constant = 0.43;
  /// How far the guess may be off, relative standard deviation.
  double time_constant_error = 0.1;
  /// Conversion cycle and window where known.
  double period = 0.84e-3;
  double window = 140e-6;
  /// Each layer runs alone for long: all of its readings are rounded alike.
  bool layers_are_steady = false;
  /// And rests between them.
  bool layers_have_pauses = false;
};

/// Readings behind a slow filter, gathered over bins of time, as rows. The unknowns of timing are
/// the lag and the logarithm of the time constant.
class SlowObservation : public RowObservation {
 public:
  /// Trace and load are kept by reference.
  explicit SlowObservation(const SlowFitInput& input);

  ColumnLayout layout() const override { return layout_; }
  void observe(const std::vector<double>& watts, ObservedRows& out) override;
  void expect_timing(const ColumnLayout& layout, Eigen::MatrixXd& prior) const override;
  void expect_rest(const Eigen::MatrixXd& products, Eigen::MatrixXd& prior) const override;
  void learn(const Eigen::VectorXd& solution, const NoiseModel& noise) override {
    solution_ = solution;
    noise_ = noise;
  }
  void move(const Eigen::VectorXd& step, bool stays) override;
  NoiseModel first_noise() const override;
  NoiseModel likeliest_noise(const ObservedRows& rows, const Eigen::VectorXd&) override;
  Rounds rounds() const override;
  double block_seconds() const override;
  void judge(const ObservedRows& rows, const Eigen::VectorXd& solution, const NoiseModel& noise,
             FineFit& fit) const override;

 private:
  /// A reading, and the window of its grid that ends there.
  struct GridRead {
    std::size_t reading = 0;
    std::size_t window = 0;
  };

  /// Layers run alone for long, before a sensor that forgets at once and shows edges sharply.
  bool is_prompt() const;
  void leave_out_edges();
  double bin_length() const;
  bool is_unrounded() const;
  void bin_readings(ObservedRows& out);
  void add_grid(const SensorKernel& kernel, double first, double initial,
                std::span<const GridRead> reads, const std::vector<double>& watts, RowMatrix& rows);
  SensorKernel kernel() const;
  void judge_rounding(const RowMatrix& rows, const Eigen::VectorXd& solution, FineFit& fit) const;
  double period() const { return input_.period * time_constant_ / input_.time_constant; }

  const PowerTrace& trace_;
  const LoadPieces& load_;
  SlowFitInput input_;
  std::vector<double> latch_;
  /// Readings that say nothing, or nothing without a clock.
  std::vector<bool> left_out_;
  DriftBasis drift_;
  CommonGain gain_;
  double time_constant_;
  ColumnLayout layout_;
  /// Row of each reading, −1 for none.
  std::vector<Eigen::Index> row_of_;
  /// Number of each row's bin.
  std::vector<double> row_bin_;
  /// Of the register, watts; 0 where readings are not those of one slow register.
  double step_ = 0.0;
  /// How often rows were observed.
  int round_ = 0;
  /// By the last step.
  Eigen::VectorXd solution_;
  NoiseModel noise_;
  SlowNoiseSearch noise_search_;
  /// Of each reading, by the last step's solution.
  std::vector<double> expected_;
};

}  // namespace layerwatt
