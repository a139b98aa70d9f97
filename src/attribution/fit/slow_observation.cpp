#include "attribution/fit/slow_observation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attribution/clock/register_changes.h"
#include "attribution/fit/gain_search.h"
#include "attribution/fit/priors.h"
#include "attribution/fit/slow_rounding.h"
#include "attribution/model/averaged_shares.h"
#include "attribution/model/fast_readings.h"
#include "attribution/model/sampling_noise.h"
#include "attribution/model/turn_edges.h"

namespace layerwatt {
namespace {

/// Of the logarithm of the time constant, in one step.
constexpr double kMostStep = 0.2;
/// Readings are gathered over this part of the time constant: finer says nothing that does not hang
/// on the unknown moments of single conversions.
constexpr double kBinPart = 1.0 / 16.0;
constexpr double kMostBins = 20000.0;
/// Readings are placed to within half of 1/200 of a time constant: taken as earlier or later at
/// random, what changes from pass to pass would seem less than it is.
constexpr double kGridsPerTimeConstant = 200.0;
constexpr double kMostGrids = 16.0;
/// Where edges are left out it is of no matter where in a conversion's time a reading is placed.
constexpr double kGridsWithoutEdges = 2.0;
constexpr double kLatchFraction = 0.4;
/// Of layers that run alone for long, before a sensor without memory: a quarter of the pause
/// between them. Values that come less often than that would lose the pause with its edges.
constexpr double kSteadyBin = 10e-3;
constexpr double kSharp = 10e-3;
/// Readings closer than this part of a time constant are summed up before their rows are filled.
constexpr double kSumPart = 1.0 / 8.0;
/// Blocks for the sandwich hold at least so many time constants.
constexpr double kBlockTimeConstants = 5.0;
constexpr std::size_t kMostBlocks = 40;
/// A filter that is so many conversions slow leaves less of their noise than steps of the register.
constexpr double kSlowConversions = 10.0;
/// Standard deviation of a conversion's own noise, in steps of the register: ±20 µV at 140 µs
/// (SBOS576B, read off its figure) of 40 µV. Longer conversions have less, which then hardly
/// counts.
constexpr double kConversionNoise = 0.5;
/// By trial on the recordings of benchmarks/accuracy. Rounding is undone from the third step on, by
/// what the two before found.
constexpr int kSteps = 6;
constexpr int kFirstUnrounded = 2;

/// Rows of a model in which repeats draw what first executions do.
RowMatrix pooled_repeats(const RowMatrix& rows, const LoadPieces& load) {
  const Eigen::Index rest = rows.cols() - Eigen::Index{2} * load.layers;
  RowMatrix pooled(rows.rows(), load.layers + rest);
  pooled.leftCols(load.layers) =
      rows.leftCols(load.layers) + rows.middleCols(load.layers, load.layers);
  pooled.rightCols(rest) = rows.rightCols(rest);
  return pooled;
}

}  // namespace

SlowObservation::SlowObservation(const SlowFitInput& input)
    : trace_(*input.trace),
      load_(*input.load),
      input_(input),
      latch_(latch_times(trace_, load_.origin, kLatchFraction)),
      left_out_(stalled_reads(trace_)),
      drift_(0.0, 1.0),
      // Layers that each have their turn once cannot be told from a gain that moves.
      gain_(load_.begin(), input.layers_are_steady ? load_.begin() : load_.end()),
      time_constant_(input.time_constant) {
  // Reads of two readers may overlap; what follows goes through them in order.
  std::inclusive_scan(latch_.begin(), latch_.end(), latch_.begin(),
                      [](double a, double b) { return std::max(a, b); });
  drift_ = DriftBasis(0.0, latch_.back());
  layout_.load = load_.columns();
  layout_.drift = static_cast<int>(drift_.size() + gain_.size());
  layout_.initial = 1;
  layout_.timing = 2;
  // A sum of rails has steps of several registers, which it does not show one by one.
  const bool is_one_register = !trace_.current.empty();
  if (is_one_register && time_constant_ > kSlowConversions * input_.period) {
    step_ = power_step(trace_);
  }
  expected_.assign(latch_.size(), 0.0);
  if (is_prompt()) leave_out_edges();
}

void SlowObservation::leave_out_edges() {
  const std::vector<bool> sees =
      sees_edge(trace_, load_, turn_edges(load_), input_.period, input_.window);
  for (std::size_t k = 0; k < sees.size(); ++k) left_out_[k] = left_out_[k] || sees[k];
}

bool SlowObservation::is_prompt() const {
  return input_.layers_have_pauses && input_.time_constant < input_.period &&
         input_.period + input_.window < kSharp;
}

double SlowObservation::bin_length() const {
  if (is_prompt()) return kSteadyBin;
  return std::max({kBinPart * time_constant_, latch_.back() / kMostBins, 1e-9});
}

bool SlowObservation::is_unrounded() const { return step_ > 0.0 && round_ > kFirstUnrounded; }

SensorKernel SlowObservation::kernel() const {
  SensorKernel kernel;
  kernel.window = period();
  kernel.board_low_pass = kUsualBoardLowPass;
  return kernel;
}

/// Where each reading goes: those that are left out nowhere.
void SlowObservation::bin_readings(ObservedRows& out) {
  const double bin = bin_length();
  row_of_.assign(latch_.size(), -1);
  out.time.clear();
  out.weight.clear();
  out.filtered.clear();
  row_bin_.clear();
  double last = -1.0;
  for (std::size_t k = 0; k < latch_.size(); ++k) {
    if (left_out_[k]) continue;
    const double number = std::floor(latch_[k] / bin);
    if (number != last) {
      out.time.push_back(0.0);
      out.weight.push_back(0.0);
      row_bin_.push_back(number);
      last = number;
    }
    row_of_[k] = static_cast<Eigen::Index>(out.time.size()) - 1;
    out.time.back() += latch_[k];
    out.weight.back() += 1.0;
  }
  for (std::size_t r = 0; r < out.time.size(); ++r) out.time[r] /= out.weight[r];
}

/// Means of readings and of their kernels over bins of time.
///
/// When conversions end is not known, so each reading counts as the mean over all moments at which
/// they may have: the filter with windows as long as the period, one of which ends at the reading,
/// half a conversion's length earlier. Windows lie on as many grids as it takes for every reading
/// to be near the end of one.
void SlowObservation::observe(const std::vector<double>& watts, ObservedRows& out) {
  ++round_;
  bin_readings(out);
  out.rows.setZero(static_cast<Eigen::Index>(out.time.size()),
                   static_cast<Eigen::Index>(layout_.columns()));
  const SensorKernel kernel = this->kernel();
  const double period = kernel.window;
  const auto grids = static_cast<std::size_t>(
      std::clamp(std::ceil(kGridsPerTimeConstant * period / time_constant_), 1.0,
                 is_prompt() ? kGridsWithoutEdges : kMostGrids));
  const double spacing = period / static_cast<double>(grids);
  const double first = latch_.front() - 0.5 * input_.window;
  std::vector<std::vector<GridRead>> reads(grids);
  for (std::size_t k = 0; k < latch_.size(); ++k) {
    if (row_of_[k] < 0) continue;
    const auto place =
        static_cast<std::size_t>(std::lround((latch_[k] - 0.5 * input_.window - first) / spacing));
    reads[place % grids].push_back({k, place / grids});
  }
  for (std::size_t g = 0; g < grids; ++g) {
    add_grid(kernel, first + static_cast<double>(g) * spacing,
             std::exp(-static_cast<double>(g) * spacing / time_constant_), reads[g], watts,
             out.rows);
  }
  for (std::size_t r = 0; r < out.weight.size(); ++r) {
    out.rows.row(static_cast<Eigen::Index>(r)) /= out.weight[r];
  }
  if (!is_unrounded()) return;
  SamplingInput sampling;
  sampling.load = &load_;
  sampling.watts = watts;
  sampling.period = input_.period;
  sampling.window = input_.window;
  sampling.conversion_noise = kConversionNoise * step_;
  out.filtered = sampling_noise(sampling, {latch_.front(), bin_length(), row_bin_});
  // Of a first-order process about its mean over a bin.
  const double scattered = noise_.filtered * bin_length() / (3.0 * time_constant_);
  undo_rounding({trace_, row_of_, step_}, expected_, scattered, out);
}

/// Adds readings to their rows. Windows end at `first` and every period behind; `initial` is what
/// the filter's state before all readings still weighs then.
void SlowObservation::add_grid(const SensorKernel& kernel, double first, double initial,
                               std::span<const GridRead> reads, const std::vector<double>& watts,
                               RowMatrix& rows) {
  if (reads.empty()) return;
  const ColumnLayout& layout = layout_;
  std::vector<double> ends;
  for (std::size_t i = 0; i <= reads.back().window; ++i) {
    ends.push_back(first + static_cast<double>(i) * kernel.window);
  }
  const double memory = std::exp(-kernel.window / time_constant_);
  AveragedShares averaged(load_.columns(), memory);
  double level = 0.0;
  double level_before = 0.0;
  double slope = 0.0;
  double by_time_constant = 0.0;
  std::vector<double> drift(static_cast<std::size_t>(layout.drift));
  const auto by_time = std::span(drift).first(drift_.size());
  const auto by_gain = std::span(drift).subspan(drift_.size());
  std::size_t next = 0;
  // A sum ends with its last reading, and before what it holds has decayed by much since the first.
  const auto lasts = [&](std::size_t i) {
    if (i + 1 >= reads.size()) return false;
    const GridRead& now = reads[i];
    const GridRead& after = reads[i + 1];
    return row_of_[now.reading] == row_of_[after.reading] &&
           static_cast<double>(after.window - now.window) * kernel.window <
               kSumPart * time_constant_;
  };
  visit_design_rows(load_, kernel, ends, [&](const DesignRow& row) {
    averaged.step(row);
    initial *= memory;
    level *= memory;
    slope *= memory;
    for (const int column : row.touched) {
      const auto c = static_cast<std::size_t>(column);
      if (watts.empty()) break;
      level += (1.0 - memory) * row.shares[c] * watts[c];
      slope += (1.0 - memory) * row.slope[c] * watts[c];
    }
    // The reading's change with the logarithm of the time constant obeys the same recursion.
    by_time_constant = memory * by_time_constant - (level - level_before);
    level_before = level;
    for (; next < reads.size() && reads[next].window == row.index; ++next) {
      const std::size_t k = reads[next].reading;
      averaged.count_reading();
      auto sum = rows.row(row_of_[k]);
      if (!lasts(next)) averaged.take_sum({sum.data(), static_cast<std::size_t>(layout.load)});
      sum[layout.idle()] += 1.0;
      drift_.fill(latch_[k], by_time);
      if (!by_gain.empty()) gain_.fill(latch_[k], by_gain);
      for (double& part : by_gain) part *= level;
      for (std::size_t d = 0; d < drift.size(); ++d) {
        sum[layout.first_drift() + static_cast<Eigen::Index>(d)] += drift[d];
      }
      sum[layout.first_initial()] += initial;
      sum[layout.first_timing()] += slope;
      sum[layout.first_timing() + 1] += by_time_constant;
      sum[layout.unknowns()] += trace_.power[k].value();
      if (solution_.size() == 0) continue;
      expected_[k] = level + slope * solution_[layout.first_timing()] +
                     initial * solution_[layout.first_initial()] + solution_[layout.idle()];
      for (std::size_t d = 0; d < drift.size(); ++d) {
        expected_[k] += drift[d] * solution_[layout.first_drift() + static_cast<Eigen::Index>(d)];
      }
    }
  });
}

NoiseModel SlowObservation::first_noise() const {
  NoiseModel noise;
  noise.white = 1.0;
  noise.filtered = 1.0;
  noise.filter_time = time_constant_;
  return noise;
}

NoiseModel SlowObservation::likeliest_noise(const ObservedRows& observed, const Eigen::VectorXd&) {
  RowMatrix pooled = pooled_repeats(observed.rows, load_);
  // A gain that is the same throughout is one of all powers.
  if (gain_.size() > 0) pooled.col(layout_.first_initial() - 1 - load_.layers).setZero();
  const NoisyRows rows{pooled, observed.time, observed.weight, observed.filtered};
  return is_unrounded() ? noise_search_.of_known(rows, time_constant_, step_ * step_ / 12.0)
                        : noise_search_.of_ratios(rows, time_constant_);
}

/// Lag: half a period either way. Time constant: as far off as the guess may be.
void SlowObservation::expect_timing(const ColumnLayout& layout, Eigen::MatrixXd& prior) const {
  expect(layout.first_timing(), 0.0, 0.5 * input_.period, prior);
  expect(layout.first_timing() + 1, std::log(input_.time_constant / time_constant_),
         input_.time_constant_error, prior);
}

void SlowObservation::expect_rest(const Eigen::MatrixXd& products, Eigen::MatrixXd& prior) const {
  if (gain_.size() == 0) return;
  expect_gain(gain_, layout_.first_initial() - static_cast<int>(gain_.size()), round_ > 1, products,
              prior);
}

void SlowObservation::move(const Eigen::VectorXd& step, bool stays) {
  if (!stays) time_constant_ *= std::exp(std::clamp(step[1], -kMostStep, kMostStep));
}

RowObservation::Rounds SlowObservation::rounds() const {
  return {.steps = kSteps,
          .noise = step_ > 0.0 ? std::vector<int>{1, 2, 3, 4, 5} : std::vector<int>{1, kSteps - 1},
          .noise_before_step = true};
}

double SlowObservation::block_seconds() const {
  return std::max(kBlockTimeConstants * time_constant_,
                  latch_.back() / static_cast<double>(kMostBlocks));
}

/// Where the register was seen to change, power was at a step's edge: of a steady power that says
/// no more than that the edge is within its noise.
void SlowObservation::judge_rounding(const RowMatrix& rows, const Eigen::VectorXd& solution,
                                     FineFit& fit) const {
  const double step = power_step(trace_);
  if (step <= 0.0) return;
  RoundingInput input{{trace_, row_of_, step}, rows, solution};
  input.load_columns = layout_.load;
  input.layers_are_steady = input_.layers_are_steady;
  input.reading_by_reading = is_prompt();
  RoundingLeft left = rounding_left(input);
  if (is_unrounded()) {
    const double noise = std::sqrt(noise_.filtered);
    left.busy = std::min(left.busy, noise);
    left.idle = std::min(left.idle, noise);
  }
  fit.rounding = left.busy;
  fit.idle_rounding = left.idle;
  fit.rounding_is_shared = !input_.layers_are_steady;
}

void SlowObservation::judge(const ObservedRows& rows, const Eigen::VectorXd& solution,
                            const NoiseModel& noise, FineFit& fit) const {
  fit.kernel = kernel();
  fit.period = period();
  fit.noise = std::sqrt(noise.white);
  fit.time_constant = time_constant_;
  fit.is_slow = true;
  judge_rounding(rows.rows, solution, fit);
}

}  // namespace layerwatt
