#include "attribution/fit/rough_powers.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attribution/fit/linear_system.h"
#include "attribution/fit/priors.h"

namespace layerwatt {
namespace {

/// Least squares of readings at given conversion ends; repeats pooled with first executions.
class PooledSystem {
 public:
  PooledSystem(const FastReadings& readings, const LoadPieces& load, const SensorKernel& kernel,
               const ConversionRows& rows, double idle)
      : load_(load), idle_(idle), equations_(0) {
    // Unknowns: layers that ran, gap, whole passes.
    target_.assign(static_cast<std::size_t>(load.columns()), -1);
    for (int c = 0; c < load.columns(); ++c) {
      const bool repeat = c >= load.layers && c < load.gap_column();
      const auto on = [&](int column) { return load.on_time[static_cast<std::size_t>(column)]; };
      const auto i = static_cast<std::size_t>(c);
      if (repeat) {
        target_[i] = target_[i - static_cast<std::size_t>(load.layers)];
      } else if (on(c) > 0.0 || (c < load.layers && on(load.repeat_column(c)) > 0.0)) {
        target_[i] = unknowns_++;
      }
    }
    equations_ = NormalEquations(static_cast<std::size_t>(unknowns_) + 1);
    visit_design_rows(load, kernel, rows.end, [&](const DesignRow& row) {
      const auto out = equations_.next_row();
      std::fill(out.begin(), out.end(), 0.0);
      for (const int column : row.touched) {
        const auto c = static_cast<std::size_t>(column);
        if (target_[c] >= 0) out[static_cast<std::size_t>(target_[c])] += row.shares[c];
      }
      out.back() = readings.watts[rows.read[row.index]] - idle;
      equations_.commit();
    });
  }

  /// Layers are expected within `spread` of `mean`, in units of the noise.
  StretchPowers solve(double mean, double spread, double noise) {
    Eigen::MatrixXd products = equations_.matrix();
    const double weight = noise * noise / std::max(spread * spread, 1e-12);
    std::vector<bool> is_layer(static_cast<std::size_t>(unknowns_), false);
    for (int l = 0; l < load_.layers; ++l) {
      const int t = target_[static_cast<std::size_t>(l)];
      if (t >= 0) is_layer[static_cast<std::size_t>(t)] = true;
    }
    for (int t = 0; t < unknowns_; ++t) {
      if (!is_layer[static_cast<std::size_t>(t)] || spread <= 0.0) continue;
      expect_by_weight(t, mean, weight, products);
    }
    const LeastSquares solved = solve_normal_equations(products, Wanted::kValue);
    StretchPowers powers;
    powers.idle = idle_;
    for (const int t : target_) powers.watts.push_back(t >= 0 ? solved.value[t] : 0.0);
    powers.mean_square = solved.residual / std::max(1.0, static_cast<double>(equations_.rows()));
    return powers;
  }
  std::int64_t rows() const { return equations_.rows(); }

 private:
  const LoadPieces& load_;
  double idle_;
  std::vector<int> target_;
  int unknowns_ = 0;
  NormalEquations equations_;
};

/// Fewer say nothing of a clock: any fits.
constexpr std::size_t kFewRows = 20;
/// Readings so close to the load may still show it.
constexpr double kBesideLoad = 0.1;

/// Readings well before and after the load; none where they are few.
std::vector<double> idle_readings(const FastReadings& readings, const LoadPieces& load,
                                  double age) {
  std::vector<double> watts;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double t = readings.before[k];
    if (t + kBesideLoad > load.begin() && t - kBesideLoad - age < load.end()) continue;
    watts.push_back(readings.watts[k]);
  }
  if (watts.size() < kFewRows) watts.clear();
  return watts;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

double StretchPowers::mean(const LoadPieces& load) const {
  double energy = 0.0;
  double time = 0.0;
  for (std::size_t c = 0; c < watts.size(); ++c) {
    energy += watts[c] * load.on_time[c];
    time += load.on_time[c];
  }
  return time > 0.0 ? energy / time : 1.0;
}

double idle_level(const FastReadings& readings, const LoadPieces& load, double age) {
  const std::vector<double> watts = idle_readings(readings, load, age);
  return watts.empty() ? 0.0 : mean_of(watts);
}

double idle_variance(const FastReadings& readings, const LoadPieces& load, double age) {
  const std::vector<double> watts = idle_readings(readings, load, age);
  if (watts.empty()) return 0.0;
  const double mean = mean_of(watts);
  double squares = 0.0;
  for (const double w : watts) squares += (w - mean) * (w - mean);
  return squares / static_cast<double>(watts.size());
}

StretchPowers rough_powers(const FastReadings& readings, const LoadPieces& load, double period,
                           double window, double idle) {
  SensorKernel coarse;
  coarse.window = period;
  std::optional<StretchPowers> best;
  for (const double fraction : {0.15, 0.4, 0.65, 0.9}) {
    for (const double age : {0.5, 0.75, 1.0, 1.25}) {
      ConversionRows rows;
      for (std::size_t k = 0; k < readings.size(); ++k) {
        const double latched = readings.before[k] + fraction * readings.length[k];
        const double end = latched + (0.5 - age) * period - 0.5 * window;
        if (!rows.end.empty() && end <= rows.end.back()) continue;
        rows.end.push_back(end);
        rows.read.push_back(k);
      }
      PooledSystem system(readings, load, coarse, rows, idle);
      const StretchPowers free = system.solve(0.0, 0.0, 0.0);
      if (best && free.mean_square >= best->mean_square) continue;
      const double mean = free.mean(load);
      best = system.solve(mean, kPowerSpread * std::abs(mean), std::sqrt(free.mean_square));
      best->mean_square = free.mean_square;
    }
  }
  return *std::move(best);
}

std::optional<StretchPowers> powers_at_clock(const FastReadings& readings, const LoadPieces& load,
                                             const SensorKernel& kernel,
                                             const ConversionClock& clock, const LatchPlace& latch,
                                             const StretchPowers& guess) {
  PooledSystem system(readings, load, kernel, conversion_rows(readings, clock, latch), guess.idle);
  if (system.rows() < static_cast<std::int64_t>(kFewRows)) return std::nullopt;
  const double mean = guess.mean(load);
  // The noise that is hoped for decides how far layers are drawn to the mean.
  return system.solve(mean, kPowerSpread * std::abs(mean), 0.25 * std::sqrt(guess.mean_square));
}

}  // namespace layerwatt
