#include "attribution/fit/slow_rounding.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attribution/model/before_rounding.h"
#include "attribution/model/rounding.h"

namespace layerwatt {
namespace {

/// Standard deviation of the middle half, as if they were normal.
double spread_of(std::vector<double> values) {
  constexpr double kQuartiles = 1.349;  // apart in a normal distribution of deviation 1
  const auto quantile = [&](double part) {
    const auto i = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + i, values.end());
    return values[static_cast<std::size_t>(i)];
  };
  const double low = quantile(0.25);
  return (quantile(0.75) - low) / kQuartiles;
}

/// What readings of the rows that count show beyond what was fitted to these: means of many would
/// seem to have had less noise than rounding met.
std::vector<double> readings_beyond(const GatheredReadings& readings, const Eigen::VectorXd& fitted,
                                    const std::vector<bool>& counts) {
  std::vector<double> beyond;
  for (std::size_t k = 0; k < readings.row_of.size(); ++k) {
    const Eigen::Index row = readings.row_of[k];
    if (row < 0 || !counts[static_cast<std::size_t>(row)]) continue;
    beyond.push_back(readings.trace.power[k].value() - fitted[row]);
  }
  return beyond;
}

}  // namespace

void undo_rounding(const GatheredReadings& readings, const std::vector<double>& expected,
                   double scattered, ObservedRows& out) {
  // Rows are not taken to be exact, for their expectation is not.
  constexpr double kLeastVariance = 1e-4;
  const double step = readings.step;
  const double uniform = step * step / 12.0;
  const Eigen::Index values = out.rows.cols() - 1;
  std::vector<BeforeRounding> found(out.time.size());
  std::vector<double> shown;
  std::vector<double> expected_of_row;
  for (std::size_t k = 0; k < readings.row_of.size();) {
    const Eigen::Index row = readings.row_of[k];
    shown.clear();
    expected_of_row.clear();
    for (; k < readings.row_of.size() && (readings.row_of[k] == row || readings.row_of[k] < 0);
         ++k) {
      if (readings.row_of[k] < 0) continue;
      shown.push_back(readings.trace.power[k].value());
      expected_of_row.push_back(expected[k]);
    }
    if (row < 0 || shown.empty()) continue;
    const auto r = static_cast<std::size_t>(row);
    found[r] =
        before_rounding(shown, expected_of_row, step, std::sqrt(scattered * out.filtered_of(r)));
  }
  for (std::size_t r = 0; r < found.size();) {
    std::size_t next = r + 1;
    while (next < found.size() && found[r].stands_still && found[next].stands_still &&
           std::abs(found[next].power - found[r].power) < 0.5 * step) {
      ++next;
    }
    const auto alike = static_cast<double>(next - r);
    for (; r < next; ++r) {
      out.rows(static_cast<Eigen::Index>(r), values) = found[r].power;
      out.weight[r] = uniform / (alike * std::max(found[r].variance, kLeastVariance * uniform));
    }
  }
}

RoundingLeft rounding_left(const RoundingInput& input) {
  // Readings of whole passes, and of idle: what is between them saw an edge.
  constexpr double kBusy = 0.9;
  constexpr double kIdle = 0.001;
  const double step = input.readings.step;
  const Eigen::Index unknowns = input.solution.size();
  const Eigen::VectorXd fitted = input.rows.leftCols(unknowns) * input.solution;
  const Eigen::VectorXd residual = input.rows.col(unknowns) - fitted;
  const auto error_of = [&](double least, double most) {
    std::vector<double> levels;
    std::vector<double> residuals;
    std::vector<bool> counts(static_cast<std::size_t>(input.rows.rows()), false);
    for (Eigen::Index r = 0; r < input.rows.rows(); ++r) {
      const double busy = input.rows.row(r).head(input.load_columns).sum();
      if (busy < least || busy > most) continue;
      levels.push_back(fitted[r]);
      residuals.push_back(residual[r]);
      counts[static_cast<std::size_t>(r)] = true;
    }
    if (input.reading_by_reading) residuals = readings_beyond(input.readings, fitted, counts);
    if (levels.empty()) return 0.0;
    double evens_out = noise_before_rounding(residuals, step);
    if (!input.layers_are_steady) evens_out = std::hypot(evens_out, spread_of(std::move(levels)));
    return rounding_error(evens_out, step);
  };
  return {error_of(kBusy, 1.1), error_of(-0.1, kIdle)};
}

}  // namespace layerwatt
