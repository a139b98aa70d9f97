#include "layerwatt/attribution/running_precision.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "attribution/inference/student_t.h"

namespace layerwatt {
namespace {

/// Blocks beyond one a column before a variance is believed.
constexpr std::int64_t kLeastFreedom = 6;

}  // namespace

struct RunningPrecision::State {
  Duration time_constant;
  /// The filter's state: part of the recent past in which each layer ran; the last is the gaps.
  Eigen::VectorXd filtered;
  /// Energy is power times this: seconds that each layer ran.
  Eigen::VectorXd seconds;
  Eigen::MatrixXd products;
  Eigen::VectorXd right;
  double squares = 0.0;
  std::int64_t blocks = 0;
};

RunningPrecision::RunningPrecision(std::size_t layers, Duration time_constant)
    : state_(std::make_unique<State>()) {
  const auto columns = static_cast<Eigen::Index>(layers) + 1;
  state_->time_constant = time_constant;
  state_->filtered = Eigen::VectorXd::Zero(columns);
  state_->seconds = Eigen::VectorXd::Zero(columns);
  state_->products = Eigen::MatrixXd::Zero(columns, columns);
  state_->right = Eigen::VectorXd::Zero(columns);
}

RunningPrecision::RunningPrecision(RunningPrecision&&) noexcept = default;
RunningPrecision& RunningPrecision::operator=(RunningPrecision&&) noexcept = default;
RunningPrecision::~RunningPrecision() = default;

void RunningPrecision::add_block(std::span<const Duration> run_time, Duration length,
                                 Watts mean_above_idle) {
  State& s = *state_;
  if (length <= Duration(0)) return;
  const double block = to_seconds(length);
  const Eigen::Index gap = s.filtered.size() - 1;
  Eigen::VectorXd share(s.filtered.size());
  for (Eigen::Index i = 0; i < gap; ++i) {
    const double ran = to_seconds(run_time[static_cast<std::size_t>(i)]);
    share[i] = ran / block;
    s.seconds[i] += ran;
  }
  share[gap] = std::max(0.0, 1.0 - share.head(gap).sum());
  Eigen::VectorXd seen = share;
  if (s.time_constant > Duration(0)) {
    // The mean over the block, and the state at its end, of a first-order filter's response.
    const double constant = to_seconds(s.time_constant);
    const double decay = std::exp(-block / constant);
    seen += (s.filtered - share) * (constant / block) * (1.0 - decay);
    s.filtered = share + (s.filtered - share) * decay;
  }
  const double y = mean_above_idle.value();
  s.products += seen * seen.transpose();
  s.right += seen * y;
  s.squares += y * y;
  ++s.blocks;
}

std::optional<double> RunningPrecision::relative_half_width() const {
  const State& s = *state_;
  const Eigen::Index columns = s.right.size();
  const std::int64_t freedom = s.blocks - columns;
  if (freedom < kLeastFreedom) return std::nullopt;
  const Eigen::LDLT<Eigen::MatrixXd> factors(s.products);
  if (factors.info() != Eigen::Success || factors.rcond() < 1e-12) return std::nullopt;
  const Eigen::VectorXd power = factors.solve(s.right);
  const double residual = std::max(0.0, s.squares - power.dot(s.right));
  const double variance = residual / static_cast<double>(freedom);
  const Eigen::MatrixXd inverse = factors.solve(Eigen::MatrixXd::Identity(columns, columns));
  double half_widths = 0.0;
  double energy = 0.0;
  for (Eigen::Index i = 0; i + 1 < columns; ++i) {
    half_widths += s.seconds[i] * std::sqrt(std::max(0.0, variance * inverse(i, i)));
    energy += s.seconds[i] * power[i];
  }
  if (energy <= 0.0) return std::nullopt;
  return student_t975(static_cast<double>(freedom)) * half_widths / energy;
}

}  // namespace layerwatt
