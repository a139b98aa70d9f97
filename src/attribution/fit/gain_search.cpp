#include "attribution/fit/gain_search.h"

#include <array>

#include "attribution/fit/linear_system.h"

namespace layerwatt {
namespace {

/// Per root of a second: next to none, and such that powers move by 0.5 to 5 % in 20 s.
constexpr double kStill = 1e-6;
constexpr std::array kRates = {1e-3, 3e-3, 1e-2};
/// By this much minus twice the log-likelihood must be better where there is a gain: what one
/// unknown gains by chance once in a thousand times.
constexpr double kClearly = 11.0;

}  // namespace

void expect_gain(const CommonGain& gain, int first, bool may_move, const Eigen::MatrixXd& products,
                 Eigen::MatrixXd& prior) {
  const auto n = static_cast<Eigen::Index>(gain.size());
  const auto with_rate = [&](double rate) {
    Eigen::MatrixXd with = prior;
    with.block(first, first, n, n) += gain.prior(rate);
    return with;
  };
  const auto deviance = [&](double rate) {
    const LeastSquares solved = solve_normal_equations(products + with_rate(rate), Wanted::kValue);
    return solved.residual + solved.log_determinant - gain.log_determinant(rate);
  };
  double chosen = kStill;
  if (may_move) {
    double best = deviance(kStill) - kClearly;
    for (const double rate : kRates) {
      const double tried = deviance(rate);
      if (tried >= best) continue;
      best = tried;
      chosen = rate;
    }
  }
  prior = with_rate(chosen);
}

}  // namespace layerwatt
