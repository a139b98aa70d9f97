#include "attribution/fit/priors.h"

#include <algorithm>
#include <cmath>

#include "attribution/model/design_matrix.h"

namespace layerwatt {
namespace {

/// How far a board's low-pass is expected to be from the usual one: none to thrice as slow.
constexpr double kLowPassDoubt = 400e-6;
/// Standard deviation of the clock's second difference over knots one second apart; it grows with
/// the time between them to the power of 3/2, as the integral of a random walk does.
constexpr double kKnotBend = 3e-6;

}  // namespace

void expect_by_weight(int column, double value, double weight, Eigen::MatrixXd& products) {
  const Eigen::Index reading = products.cols() - 1;
  products(column, column) += weight;
  products(column, reading) += weight * value;
  products(reading, column) += weight * value;
  products(reading, reading) += weight * value * value;
}

void expect(int column, double value, double deviation, Eigen::MatrixXd& products) {
  expect_by_weight(column, value, 1.0 / std::max(deviation * deviation, 1e-12), products);
}

Eigen::MatrixXd repeat_tie(const ColumnLayout& layout, const LoadPieces& load, double deviation,
                           bool with_reading) {
  const int size = with_reading ? layout.columns() : layout.unknowns();
  Eigen::MatrixXd tie = Eigen::MatrixXd::Zero(size, size);
  const double weight = 1.0 / (deviation * deviation);
  for (int l = 0; l < load.layers; ++l) {
    const int r = load.repeat_column(l);
    tie(l, l) += weight;
    tie(r, r) += weight;
    tie(l, r) -= weight;
    tie(r, l) -= weight;
  }
  return tie;
}

Eigen::MatrixXd power_prior(const ColumnLayout& layout, const LoadPieces& load, double mean,
                            double idle) {
  Eigen::MatrixXd prior = repeat_tie(layout, load, kRepeatSpread * mean, true);
  for (int c = 0; c < load.gap_column(); ++c) expect(c, mean, kPowerSpread * mean, prior);
  expect(layout.idle(), idle, kIdleSpread * mean, prior);
  return prior;
}

void expect_low_pass(const ColumnLayout& layout, double now, Eigen::MatrixXd& products) {
  expect(layout.first_low_pass(), kUsualBoardLowPass - now, kLowPassDoubt, products);
}

std::vector<KnotBend> knot_bends(std::span<const ConversionClock::Knot> knots) {
  std::vector<KnotBend> bends;
  for (std::size_t i = 1; i + 1 < knots.size(); ++i) {
    const double count = knots[i].conversion - knots[i - 1].conversion;
    const double before = (knots[i].time - knots[i - 1].time) / count;
    const double after =
        (knots[i + 1].time - knots[i].time) / (knots[i + 1].conversion - knots[i].conversion);
    const double apart = knots[i].time - knots[i - 1].time;
    bends.push_back({-(after - before) * count, kKnotBend * apart * std::sqrt(apart)});
  }
  return bends;
}

}  // namespace layerwatt
