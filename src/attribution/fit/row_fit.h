#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <vector>

#include "attribution/fit/fine_fit.h"
#include "attribution/fit/linear_system.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// Readings, or what they were gathered to, as rows of a linear model, columns as in a layout.
struct ObservedRows {
  RowMatrix rows;
  /// Seconds, rising.
  std::vector<double> time;
  /// How many readings with white noise of their own each row is the mean of; empty: one each.
  std::vector<double> weight;
  /// How much of the filtered noise each has, relative; empty: all alike.
  std::vector<double> filtered;

  double weight_of(std::size_t row) const { return weight.empty() ? 1.0 : weight[row]; }
  double filtered_of(std::size_t row) const { return filtered.empty() ? 1.0 : filtered[row]; }
};

/// What a kind of sensor shows, as fit_rows() asks for it: rows at the timing θ as it is (their
/// columns of timing are their change with θ), what is known of θ beforehand, which noise they may
/// have, and how θ moves.
class RowObservation {
 public:
  virtual ~RowObservation() = default;

  /// Without low-pass; timing stands last, its first column shifts all readings to later.
  virtual ColumnLayout layout() const = 0;
  /// Rows, given the powers above idle by column of the load that were fitted last; empty at first.
  virtual void observe(const std::vector<double>& watts, ObservedRows& out) = 0;
  virtual void expect_timing(const ColumnLayout& layout, Eigen::MatrixXd& prior) const = 0;
  /// What is known of unknowns beside powers and timing, which may hang on what the whitened
  /// `products` say.
  virtual void expect_rest(const Eigen::MatrixXd& /*products*/, Eigen::MatrixXd& /*prior*/) const {}
  /// What the last step found.
  virtual void learn(const Eigen::VectorXd& /*solution*/, const NoiseModel& /*noise*/) {}
  /// `step`: of the columns of timing. `stays`: it is only told, for the rows are to stay.
  virtual void move(const Eigen::VectorXd& step, bool stays) = 0;

  virtual NoiseModel first_noise() const = 0;
  /// Of `rows`; `solution` of all unknowns, where the noise is chosen behind a step.
  virtual NoiseModel likeliest_noise(const ObservedRows& rows, const Eigen::VectorXd& solution) = 0;
  /// Steps, the last of which fits rows that stay; and behind which of them, or before which, noise
  /// is chosen.
  struct Rounds {
    int steps = 5;
    std::vector<int> noise = {1, 4};
    bool noise_before_step = true;
  };
  virtual Rounds rounds() const = 0;
  /// Least time of a block for the sandwich, seconds.
  virtual double block_seconds() const = 0;
  /// What the fit says of the sensor: kernel, period, rounding.
  virtual void judge(const ObservedRows& rows, const Eigen::VectorXd& solution,
                     const NoiseModel& noise, FineFit& fit) const = 0;
};

/// Fits powers and timing together: Gauss and Newton steps on rows whitened with the likeliest
/// noise (restricted likelihood), timing solved for in the end, block of time by block of time.
FineFit fit_rows(RowObservation& observation, const LoadPieces& load);

}  // namespace layerwatt
