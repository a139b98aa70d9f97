#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace layerwatt {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Noise of successive readings, variances in W²: what every reading has of its own (quantisation);
/// what the averaging filter carries on from one conversion to the next (noise of conversions, load
/// that fell between them); and slow change of what else the board draws. The latter two are
/// first-order processes given by their stationary variance and time constant in seconds.
struct NoiseModel {
  double white = 1.0;
  double filtered = 0.0;
  double filter_time = 1.0;
  double drift = 0.0;
  double drift_time = 10.0;
};

/// Turns rows with such noise into rows with independent noise of variance one: the innovations of
/// the Kalman filter for the two processes seen in white noise. The same linear map goes over every
/// column and the reading, so differencing never multiplies quantisation.
class Whitener {
 public:
  Whitener(const NoiseModel& noise, std::size_t columns);
  /// Whitens `row` in place; `time` in seconds, rising; `weight`: how many readings with white
  /// noise of their own it is the mean of. `filtered`: how much of the filtered noise there was
  /// since the row before, as a part of what is usual.
  void whiten(double time, double weight, std::span<double> row, double filtered = 1.0);
  /// What each column is expected to show of the slow change: part of the state that whiten()
  /// carries from row to row. May be set, to as many columns as rows have then, where nothing is
  /// filtered.
  const std::vector<double>& drift_states() const { return drift_; }
  void set_drift_states(std::vector<double> states) {
    filtered_.assign(states.size(), 0.0);
    drift_ = std::move(states);
  }
  /// Sum of the logarithms of the innovations' variances so far: half of what the likelihood needs.
  double log_variance() const { return log_variance_; }

 private:
  NoiseModel noise_;
  /// Expected value of both processes per column.
  std::vector<double> filtered_;
  std::vector<double> drift_;
  double p_ff_;
  double p_fd_ = 0.0;
  double p_dd_;
  double last_time_ = 0.0;
  double log_variance_ = 0.0;
  bool started_ = false;
};

/// Normal equations gathered row by row, the reading as the last column: memory does not grow with
/// rows.
class NormalEquations {
 public:
  explicit NormalEquations(std::size_t columns);
  std::span<double> next_row();
  /// Takes the row that next_row() gave.
  void commit();
  /// (columns)², the reading's products in the last row and column.
  const Eigen::MatrixXd& matrix();
  std::int64_t rows() const { return rows_; }

 private:
  void flush();

  std::size_t columns_;
  /// Row by row.
  std::vector<double> panel_;
  std::size_t filled_ = 0;
  /// Lower triangle, until it is asked for.
  Eigen::MatrixXd products_;
  std::vector<double> scratch_;
  std::int64_t rows_ = 0;
};

/// Of rows that are there as a whole, the reading last: the same products.
Eigen::MatrixXd products_of(const RowMatrix& rows);

/// Slow change of what the board draws beside the load: Legendre polynomials of degree 1 … order
/// over the recording, so that they say nothing about its mean.
class DriftBasis {
 public:
  DriftBasis(double begin, double end);
  std::size_t size() const { return order_; }
  void fill(double time, std::span<double> out) const;

 private:
  double middle_;
  double half_;
  std::size_t order_;
};

/// Solution of normal equations: estimate, covariance for unit noise (where it was asked for),
/// residual sum of squares.
struct LeastSquares {
  Eigen::VectorXd value;
  Eigen::MatrixXd covariance;
  double residual = 0.0;
  /// Of the products without the reading; columns of zeros are passed over.
  double log_determinant = 0.0;
};
enum class Wanted { kValue, kCovariance };
/// `products` as NormalEquations::matrix(). Columns without any weight get value 0 and variance 0;
/// directions that the data do not determine get huge variances, not an error.
LeastSquares solve_normal_equations(const Eigen::MatrixXd& products,
                                    Wanted wanted = Wanted::kCovariance);

}  // namespace layerwatt
