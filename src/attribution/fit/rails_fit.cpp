#include "attribution/fit/rails_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "attribution/fit/linear_system.h"
#include "attribution/fit/priors.h"
#include "attribution/fit/rough_powers.h"
#include "attribution/model/fast_readings.h"

namespace layerwatt {
namespace {

/// What no rail tells is taken to lie within so many times the mean power: so vague that it says
/// nothing beside what is assumed later, and every covariance is finite.
constexpr double kVague = 10.0;

/// The unknowns that rails have in common: columns that ran, and idle.
std::vector<int> common_unknowns(const LoadPieces& load) {
  std::vector<int> columns;
  for (int c = 0; c < load.columns(); ++c) {
    if (load.on_time[static_cast<std::size_t>(c)] > 0.0) columns.push_back(c);
  }
  columns.push_back(load.columns());
  return columns;
}

Eigen::MatrixXd picked(const Eigen::MatrixXd& products, const std::vector<int>& columns) {
  const auto size = static_cast<Eigen::Index>(columns.size());
  Eigen::MatrixXd out(size, size);
  for (Eigen::Index j = 0; j < size; ++j) {
    for (Eigen::Index i = 0; i < size; ++i) {
      out(i, j) =
          products(columns[static_cast<std::size_t>(i)], columns[static_cast<std::size_t>(j)]);
    }
  }
  return out;
}

/// The inverse of a covariance.
Eigen::MatrixXd weights_of(const Eigen::MatrixXd& covariance) {
  const Eigen::Index n = covariance.rows();
  Eigen::MatrixXd products = Eigen::MatrixXd::Zero(n + 1, n + 1);
  products.topLeftCorner(n, n) = covariance;
  return solve_normal_equations(products).covariance;
}

/// Estimates with their covariance, to be added up, and then told as normal equations.
struct Told {
  Eigen::VectorXd value;
  Eigen::MatrixXd covariance;
  double residual = 0.0;

  explicit Told(std::size_t unknowns)
      : value(Eigen::VectorXd::Zero(static_cast<Eigen::Index>(unknowns))),
        covariance(Eigen::MatrixXd::Zero(value.size(), value.size())) {}

  void add(const LeastSquares& solved) {
    value += solved.value.head(value.size());
    covariance += solved.covariance.topLeftCorner(value.size(), value.size());
    residual += solved.residual;
  }

  Eigen::MatrixXd products() const {
    const Eigen::Index n = value.size();
    Eigen::MatrixXd out(n + 1, n + 1);
    out.topLeftCorner(n, n) = weights_of(covariance);
    out.col(n).head(n) = out.topLeftCorner(n, n) * value;
    out.row(n) = out.col(n).transpose();
    out(n, n) = value.dot(out.col(n).head(n)) + residual;
    return out;
  }
};

class RailSum {
 public:
  RailSum(std::span<const FineFit> rails, const LoadPieces& load)
      : rails_(rails),
        load_(load),
        unknowns_(common_unknowns(load)),
        told_(unknowns_.size()),
        steady_(unknowns_.size()),
        shift_(Eigen::VectorXd::Zero(told_.value.size())) {
    std::size_t blocks = 0;
    for (const FineFit& rail : rails) blocks = std::max(blocks, rail.blocks.size());
    moves_ = Eigen::MatrixXd::Zero(told_.value.size(), static_cast<Eigen::Index>(blocks));
    vague_ = kVague * std::max(mean_power(), 1e-3);
  }

  FineFit run() {
    for (const FineFit& rail : rails_) add(rail);
    const Eigen::Index n = told_.value.size();
    const Eigen::MatrixXd products = told_.products();
    const Eigen::MatrixXd weights = products.topLeftCorner(n, n);
    FineFit sum = common();
    sum.columns = unknowns_;
    sum.columns.push_back(sum.layout.unknowns());
    sum.data = at_layout(products, sum);
    sum.prior = sum.steady_prior = Eigen::MatrixXd::Zero(sum.data.rows(), sum.data.cols());
    for (Eigen::MatrixXd& fold : sum.folds) fold = sum.prior;
    sum.folds.front() = at_layout(steady_.products(), sum);
    sum.shift = Eigen::VectorXd::Zero(sum.data.rows());
    const Eigen::VectorXd shift = weights * shift_;
    for (Eigen::Index i = 0; i < n; ++i) {
      sum.shift[unknowns_[static_cast<std::size_t>(i)]] = shift[i];
    }
    // Each block's share of the equations, and what it alone is beyond them.
    const Eigen::MatrixXd scores = weights * moves_;
    for (Eigen::Index b = 0; b < scores.cols(); ++b) {
      Eigen::MatrixXd block = products / static_cast<double>(scores.cols());
      block.col(n).head(n) += scores.col(b);
      block.row(n) = block.col(n).transpose();
      sum.blocks.push_back(BlockProducts::of_products(std::move(block)));
    }
    return sum;
  }

 private:
  /// Of all rails, of what ran.
  double mean_power() const {
    double energy = 0.0;
    double time = 0.0;
    for (const FineFit& rail : rails_) {
      for (const int column : unknowns_) {
        if (column >= load_.columns()) continue;
        energy += rail.watts[static_cast<std::size_t>(column)] *
                  load_.on_time[static_cast<std::size_t>(column)];
      }
    }
    for (const double on : load_.on_time) time += on;
    return time > 0.0 ? std::abs(energy) / time : 0.0;
  }

  LeastSquares solved(const Eigen::MatrixXd& total, const std::vector<int>& columns) const {
    Eigen::MatrixXd products = picked(total, columns);
    for (Eigen::Index c = 0; c < told_.value.size(); ++c) {
      expect(static_cast<int>(c), 0.0, vague_, products);
    }
    return solve_normal_equations(products);
  }

  void add(const FineFit& rail) {
    // Drift and first states are each rail's own.
    std::vector<int> columns = unknowns_;
    for (int c = rail.layout.first_drift(); c < rail.layout.columns(); ++c) columns.push_back(c);
    const LeastSquares found = solved(rail.total(), columns);
    told_.add(found);
    steady_.add(solved(rail.steady_total(), columns));
    const Eigen::Index n = told_.value.size();
    Eigen::VectorXd fine = Eigen::VectorXd::Zero(rail.layout.unknowns());
    for (Eigen::Index i = 0; i < found.value.size(); ++i) {
      fine[columns[static_cast<std::size_t>(i)]] = found.value[i];
    }
    const Eigen::MatrixXd scores = rail.scores(fine);
    for (Eigen::Index i = 0; i < found.value.size(); ++i) {
      const int column = columns[static_cast<std::size_t>(i)];
      moves_.leftCols(scores.cols()) += found.covariance.col(i).head(n) * scores.row(column);
      shift_ += found.covariance.col(i).head(n) * rail.shift[column];
    }
    solved_for_ += rail.eliminated + static_cast<int>(found.value.size());
  }

  static Eigen::MatrixXd at_layout(const Eigen::MatrixXd& products, const FineFit& sum) {
    const Eigen::Index size = sum.layout.columns();
    Eigen::MatrixXd all = Eigen::MatrixXd::Zero(size, size);
    for (Eigen::Index j = 0; j < products.cols(); ++j) {
      for (Eigen::Index i = 0; i < products.rows(); ++i) {
        all(sum.columns[static_cast<std::size_t>(i)], sum.columns[static_cast<std::size_t>(j)]) =
            products(i, j);
      }
    }
    return all;
  }

  /// All but the equations. Timing is that of the first.
  FineFit common() const {
    const FineFit& first = rails_.front();
    FineFit sum;
    sum.layout.load = load_.columns();
    sum.block_seconds = first.block_seconds;
    sum.kernel = first.kernel;
    sum.period = first.period;
    sum.clock = first.clock;
    sum.visible_after = first.visible_after;
    sum.time_constant = first.time_constant;
    sum.is_slow = first.is_slow;
    sum.rounding_is_shared = first.rounding_is_shared;
    sum.eliminated = solved_for_ - static_cast<int>(unknowns_.size());
    sum.watts.assign(first.watts.size(), 0.0);
    for (const FineFit& rail : rails_) {
      sum.rows += rail.rows;
      sum.noise = std::hypot(sum.noise, rail.noise);
      sum.rounding = std::hypot(sum.rounding, rail.rounding);
      sum.idle_rounding = std::hypot(sum.idle_rounding, rail.idle_rounding);
      for (std::size_t c = 0; c < sum.watts.size(); ++c) sum.watts[c] += rail.watts[c];
      sum.idle += rail.idle;
      if (sum.hides_layers.empty()) sum.hides_layers = rail.hides_layers;
      for (const std::string& note : rail.notes) {
        if (std::ranges::find(sum.notes, note) == sum.notes.end()) sum.notes.push_back(note);
      }
    }
    return sum;
  }

  std::span<const FineFit> rails_;
  const LoadPieces& load_;
  std::vector<int> unknowns_;
  Told told_;
  Told steady_;
  /// What the scatter of each block alone moves the unknowns by, a column a block; and what a shift
  /// of all readings does, per second.
  Eigen::MatrixXd moves_;
  Eigen::VectorXd shift_;
  double vague_ = 1.0;
  int solved_for_ = 0;
};

/// How much more readings vary while something runs than idle ones do.
double contrast(const PowerTrace& rail, const LoadPieces& load, double period) {
  const FastReadings readings = fast_readings(rail, load.origin);
  const FastReadings busy = readings.between(load.begin(), load.end());
  if (busy.size() < 2) return 0.0;
  const auto n = static_cast<double>(busy.size());
  const double mean = std::accumulate(busy.watts.begin(), busy.watts.end(), 0.0) / n;
  double squares = 0.0;
  for (const double watts : busy.watts) squares += (watts - mean) * (watts - mean);
  const double rounding = readings.step * readings.step / 12.0;
  return squares / n / std::max(idle_variance(readings, load, period) + rounding, 1e-12);
}

}  // namespace

FineFit add_rails(std::span<const FineFit> rails, const LoadPieces& load) {
  return RailSum(rails, load).run();
}

Result<FineFit> fit_fast_rails(std::span<const PowerTrace> rails, FastFitInput input) {
  std::vector<std::pair<double, const PowerTrace*>> by_contrast;
  for (const PowerTrace& rail : rails) {
    by_contrast.emplace_back(contrast(rail, *input.load, input.period), &rail);
  }
  std::ranges::stable_sort(by_contrast, std::greater<>(),
                           &std::pair<double, const PowerTrace*>::first);
  std::vector<FineFit> fits;
  std::optional<ChipTiming> chip;
  input.is_part = true;
  for (const auto& [unused, rail] : by_contrast) {
    input.trace = rail;
    input.of_chip = chip ? &*chip : nullptr;
    auto fit = fit_fast_sensor(input);
    if (!fit) return std::move(fit).error().with_context("rail " + rail->rail.name);
    if (!fit->hides_layers.empty() && chip) {
      // Of another chip, perhaps.
      input.of_chip = nullptr;
      auto alone = fit_fast_sensor(input);
      if (alone && alone->hides_layers.empty()) fit = std::move(alone);
    }
    if (!fit->hides_layers.empty()) {
      fit->hides_layers = fmt::format("rail {}: {}", rail->rail.name, fit->hides_layers);
    }
    if (!chip) chip = ChipTiming{*fit->clock, {fit->latch_fraction, fit->visible_after}};
    fits.push_back(*std::move(fit));
    // Layers that were laid are so now.
    input.laid_with_gap = nullptr;
  }
  return add_rails(fits, *input.load);
}

Result<FineFit> fit_slow_rails(std::span<const PowerTrace> rails, const SlowFitInput& input) {
  std::vector<FineFit> fits;
  for (const PowerTrace& rail : rails) {
    SlowFitInput own = input;
    own.trace = &rail;
    auto fit = fit_slow_sensor(own);
    if (!fit) return fit_slow_sensor(input);
    fits.push_back(*std::move(fit));
  }
  return add_rails(fits, *input.load);
}

}  // namespace layerwatt
