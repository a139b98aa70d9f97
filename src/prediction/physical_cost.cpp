#include "prediction/physical_cost.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <vector>

namespace layerwatt::prediction {
namespace {

// Places of the parameters.
constexpr std::size_t kFloor = 0;
constexpr std::size_t kOperation = 1;
constexpr std::size_t kOutput = 2;
constexpr std::size_t kInputByte = 3;
constexpr std::size_t kOutputByte = 4;
constexpr std::size_t kWeightByte = 5;
/// One value after the other, however many run beside it: what few tiles cost on many cores.
constexpr std::size_t kDepth = 6;
/// One a tactic: the logarithm of its rate against the shared one.
constexpr std::size_t kTactic = 7;
static_assert(PhysicalCost::kParameters == kTactic + kTactics);

/// How sharp the choice of the cheapest tactic is, as a logarithm: the engine's timings are noisy.
constexpr double kSharpness = 0.03;
constexpr double kLossScale = 0.2;
constexpr int kSteps = 50;
/// Winograd's products of small matrices run slower than those of large ones.
constexpr double kWinogradPrior = 0.3;

using Parameters = std::array<double, PhysicalCost::kParameters>;

double quantile(std::vector<double> values, double q) {
  const auto at = static_cast<std::size_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

/// Rates at which the median layer would spend a part of its time on each term.
Parameters start_from(std::span<const CostTerms> terms, std::span<const double> log_targets) {
  const auto rate = [&](auto of_term) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      ratios.push_back(log_targets[i] - std::log(std::max<double>(of_term(terms[i]), 1e-9)));
    }
    return quantile(std::move(ratios), 0.5);
  };
  const double input_byte = rate([](const CostTerms& t) { return t.input_bytes; });
  Parameters start{};
  start[kFloor] = quantile({log_targets.begin(), log_targets.end()}, 0.02) + std::log(0.5);
  start[kOperation] =
      rate([](const CostTerms& t) { return *std::ranges::min_element(t.operations); }) - 0.5;
  start[kOutput] =
      rate([](const CostTerms& t) { return *std::ranges::min_element(t.outputs); }) - 3.0;
  start[kInputByte] = input_byte - 1.5;
  start[kOutputByte] = rate([](const CostTerms& t) { return t.output_bytes; }) - 1.5;
  start[kWeightByte] = input_byte - 1.5;
  start[kDepth] = rate([](const CostTerms& t) { return t.depth; }) - 4.0;
  start[kTactic + kTactics - 1] = kWinogradPrior;
  return start;
}

/// Inverse spreads of the priors.
Parameters prior_weights() {
  Parameters weights{};
  for (std::size_t i = kFloor; i <= kDepth; ++i) weights[i] = 0.15;
  for (std::size_t i = 0; i + 1 < kTactics; ++i) weights[kTactic + i] = 1.0 / 0.25;
  weights[kTactic + kTactics - 1] = 1.0 / 0.3;
  return weights;
}

double evaluate(const Parameters& p, const CostTerms& terms) {
  // A soft minimum over the tactics, on logarithms.
  std::array<double, kTactics> logs{};
  double least = kImpossible;
  const double output = std::exp(p[kOutput]);
  for (std::size_t i = 0; i < kTactics; ++i) {
    logs[i] = kImpossible;
    if (terms.operations[i] >= kImpossible) continue;
    logs[i] = std::log(terms.operations[i] * std::exp(p[kOperation] + p[kTactic + i]) +
                       terms.outputs[i] * output);
    least = std::min(least, logs[i]);
  }
  double sum = 0.0;
  for (const double value : logs) {
    if (value - least < 1.0) sum += std::exp((least - value) / kSharpness);
  }
  const double compute = std::exp(least - kSharpness * std::log(sum));
  return std::log(std::exp(p[kFloor]) + compute + terms.input_bytes * std::exp(p[kInputByte]) +
                  terms.output_bytes * std::exp(p[kOutputByte]) +
                  terms.weight_bytes * std::exp(p[kWeightByte]) +
                  terms.depth * std::exp(p[kDepth]));
}

/// Levenberg and Marquardt's method on reweighted squares.
class Fit {
 public:
  /// `prior`: inverse spreads around `start`.
  Fit(std::span<const CostTerms> terms, std::span<const double> targets, const Parameters& start,
      const Parameters& prior)
      : terms_(terms), targets_(targets), start_(start), prior_(prior) {}

  Parameters run() {
    Parameters now = start_;
    double cost = cost_of(now);
    double damping = 1e-2;
    for (int step = 0; step < kSteps; ++step) {
      linearise(now);
      const double before = cost;
      for (int attempt = 0; attempt < 8; ++attempt) {
        const Parameters next = moved(now, damping);
        const double next_cost = cost_of(next);
        if (next_cost < cost) {
          now = next;
          cost = next_cost;
          damping = std::max(damping * 0.3, 1e-9);
          break;
        }
        damping *= 4.0;
      }
      if (before - cost < 1e-7 * before) break;
    }
    return now;
  }

  double cost_of(const Parameters& p) const {
    double cost = 0.0;
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const double r = (evaluate(p, terms_[i]) - targets_[i]) / kLossScale;
      cost += 2.0 * kLossScale * kLossScale * (std::sqrt(1.0 + r * r) - 1.0);
    }
    for (std::size_t j = 0; j < p.size(); ++j) {
      const double r = prior_[j] * (p[j] - start_[j]);
      cost += r * r;
    }
    return cost;
  }

 private:
  static constexpr auto kSize = static_cast<Eigen::Index>(PhysicalCost::kParameters);

  void linearise(const Parameters& p) {
    constexpr double kStep = 1e-5;
    normal_.setZero();
    gradient_.setZero();
    Eigen::Matrix<double, kSize, 1> slope;
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const double value = evaluate(p, terms_[i]);
      const double r = value - targets_[i];
      const double weight = 1.0 / std::sqrt(1.0 + r * r / (kLossScale * kLossScale));
      for (std::size_t j = 0; j < p.size(); ++j) {
        Parameters beside = p;
        beside[j] += kStep;
        slope(static_cast<Eigen::Index>(j)) = (evaluate(beside, terms_[i]) - value) / kStep;
      }
      normal_ += weight * slope * slope.transpose();
      gradient_ += weight * r * slope;
    }
    for (std::size_t j = 0; j < p.size(); ++j) {
      const auto at = static_cast<Eigen::Index>(j);
      normal_(at, at) += prior_[j] * prior_[j] + 1e-9;
      gradient_(at) += prior_[j] * prior_[j] * (p[j] - start_[j]);
    }
  }

  Parameters moved(const Parameters& p, double damping) const {
    Eigen::Matrix<double, kSize, kSize> damped = normal_;
    damped.diagonal() *= 1.0 + damping;
    const Eigen::Matrix<double, kSize, 1> step = damped.ldlt().solve(gradient_);
    Parameters next = p;
    for (std::size_t j = 0; j < p.size(); ++j) {
      next[j] -= std::clamp(step(static_cast<Eigen::Index>(j)), -2.0, 2.0);
    }
    return next;
  }

  std::span<const CostTerms> terms_;
  std::span<const double> targets_;
  Parameters start_;
  Parameters prior_;
  Eigen::Matrix<double, kSize, kSize> normal_;
  Eigen::Matrix<double, kSize, 1> gradient_;
};

}  // namespace

double log_cost(const PhysicalCost& cost, const LayerWork& work) {
  return evaluate(cost.parameters, cost_terms(work));
}

PhysicalCost fit_physical_cost(std::span<const LayerWork* const> works,
                               std::span<const double> log_targets) {
  std::vector<CostTerms> terms;
  for (const LayerWork* work : works) terms.push_back(cost_terms(*work));
  return {Fit(terms, log_targets, start_from(terms, log_targets), prior_weights()).run()};
}

PhysicalCost refit_physical_cost(const PhysicalCost& other, double shift,
                                 std::span<const LayerWork* const> works,
                                 std::span<const double> log_targets) {
  // In units of the loss, in which a row that is off by its scale of 0.2 counts as 0.2 squared.
  constexpr double kRateSpread = 0.7;
  constexpr double kTacticSpread = 0.1;
  std::vector<CostTerms> terms;
  for (const LayerWork* work : works) terms.push_back(cost_terms(*work));
  Parameters start = other.parameters;
  Parameters prior{};
  for (std::size_t i = 0; i < start.size(); ++i) {
    const bool is_rate = i < kTactic;
    if (is_rate) start[i] += shift;
    prior[i] = kLossScale / (is_rate ? kRateSpread : kTacticSpread);
  }
  return {Fit(terms, log_targets, start, prior).run()};
}

}  // namespace layerwatt::prediction
