#include "attribution/fit/slow_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "attribution/clock/register_changes.h"
#include "attribution/fit/linear_system.h"
#include "attribution/fit/noise_search.h"
#include "attribution/model/averaged_shares.h"
#include "attribution/model/fast_readings.h"
#include "attribution/model/rounding.h"

namespace layerwatt {
namespace {

/// By trial on the recordings of benchmarks/accuracy.
constexpr int kIterations = 5;
/// Readings are gathered over this part of the time constant: finer says nothing that does not hang
/// on the unknown moments of single conversions.
constexpr double kBinPart = 1.0 / 16.0;
constexpr double kMostBins = 20000.0;
/// Readings are placed to within half of 1/200 of a time constant: taken as earlier or later at
/// random, what changes from pass to pass would seem less than it is.
constexpr double kGridsPerTimeConstant = 200.0;
constexpr double kMostGrids = 16.0;
constexpr double kRepeatSpread = 0.05;
constexpr double kLatchFraction = 0.4;
/// Readings closer than this part of a time constant are summed up before their rows are filled.
constexpr double kSumPart = 1.0 / 8.0;
/// Blocks for the sandwich hold at least so many time constants.
constexpr double kBlockTimeConstants = 5.0;
constexpr std::size_t kMostBlocks = 40;

/// Rows of a model in which repeats draw what first executions do.
RowMatrix pooled_repeats(const RowMatrix& rows, const LoadPieces& load) {
  const Eigen::Index rest = rows.cols() - 2 * load.layers;
  RowMatrix pooled(rows.rows(), load.layers + rest);
  pooled.leftCols(load.layers) =
      rows.leftCols(load.layers) + rows.middleCols(load.layers, load.layers);
  pooled.rightCols(rest) = rows.rightCols(rest);
  return pooled;
}

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

class SlowFit {
 public:
  explicit SlowFit(const SlowFitInput& input)
      : trace_(*input.trace),
        load_(*input.load),
        input_(input),
        latch_(latch_times(trace_, load_.origin, kLatchFraction)),
        stalled_(stalled_reads(trace_)),
        drift_(0.0, 1.0),
        time_constant_(input.time_constant) {
    // Reads of two readers may overlap; what follows goes through them in order.
    std::inclusive_scan(latch_.begin(), latch_.end(), latch_.begin(),
                        [](double a, double b) { return std::max(a, b); });
    drift_ = DriftBasis(0.0, latch_.back());
  }

  Result<FineFit> run();

 private:
  /// A reading, and the window of its grid that ends there.
  struct GridRead {
    std::size_t reading = 0;
    std::size_t window = 0;
  };

  void bin_readings();
  void gather();
  void add_grid(const SensorKernel& kernel, double first, double initial,
                std::span<const GridRead> reads);
  void choose_noise();
  void assemble(bool last);
  void measure_rounding();
  void keep_rows();

  const PowerTrace& trace_;
  const LoadPieces& load_;
  SlowFitInput input_;
  std::vector<double> latch_;
  std::vector<bool> stalled_;
  DriftBasis drift_;
  double time_constant_;
  FineFit fit_;
  /// One row per bin, columns as in the layout.
  RowMatrix rows_;
  std::vector<double> row_time_;
  std::vector<double> row_weight_;
  /// Row of each reading, −1 for none.
  std::vector<Eigen::Index> row_of_;
  NoiseModel noise_;
  Eigen::MatrixXd prior_;
  /// Of all unknowns, at the last step.
  Eigen::VectorXd solution_;
};

/// Where each reading goes: stalled reads nowhere.
void SlowFit::bin_readings() {
  const double bin = std::max({kBinPart * time_constant_, latch_.back() / kMostBins, 1e-9});
  row_of_.assign(latch_.size(), -1);
  row_time_.clear();
  row_weight_.clear();
  double last = -1.0;
  for (std::size_t k = 0; k < latch_.size(); ++k) {
    if (stalled_[k]) continue;
    const double number = std::floor(latch_[k] / bin);
    if (number != last) {
      row_time_.push_back(0.0);
      row_weight_.push_back(0.0);
      last = number;
    }
    row_of_[k] = static_cast<Eigen::Index>(row_time_.size()) - 1;
    row_time_.back() += latch_[k];
    row_weight_.back() += 1.0;
  }
  for (std::size_t r = 0; r < row_time_.size(); ++r) row_time_[r] /= row_weight_[r];
}

/// Means of readings and of their kernels over bins of time.
///
/// When conversions end is not known, so each reading counts as the mean over all moments at which
/// they may have: the filter with windows as long as the period, one of which ends at the reading,
/// half a conversion's length earlier. Windows lie on as many grids as it takes for every reading
/// to be near the end of one.
void SlowFit::gather() {
  ColumnLayout& layout = fit_.layout;
  layout = {};
  layout.load = load_.columns();
  layout.drift = static_cast<int>(drift_.size());
  layout.initial = 1;
  layout.timing = 2;
  bin_readings();
  rows_.setZero(static_cast<Eigen::Index>(row_time_.size()),
                static_cast<Eigen::Index>(layout.columns()));
  const double period = input_.period * time_constant_ / input_.time_constant;
  SensorKernel kernel;
  kernel.window = period;
  kernel.board_low_pass = kUsualBoardLowPass;
  fit_.kernel = kernel;
  const auto grids = static_cast<std::size_t>(
      std::clamp(std::ceil(kGridsPerTimeConstant * period / time_constant_), 1.0, kMostGrids));
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
             std::exp(-static_cast<double>(g) * spacing / time_constant_), reads[g]);
  }
  for (std::size_t r = 0; r < row_weight_.size(); ++r) {
    rows_.row(static_cast<Eigen::Index>(r)) /= row_weight_[r];
  }
}

/// Adds readings to their rows. Windows end at `first` and every period behind; `initial` is what
/// the filter's state before all readings still weighs then.
void SlowFit::add_grid(const SensorKernel& kernel, double first, double initial,
                       std::span<const GridRead> reads) {
  if (reads.empty()) return;
  const ColumnLayout& layout = fit_.layout;
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
  std::vector<double> drift(drift_.size());
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
      if (fit_.watts.empty()) break;
      level += (1.0 - memory) * row.shares[c] * fit_.watts[c];
      slope += (1.0 - memory) * row.slope[c] * fit_.watts[c];
    }
    // The reading's change with the logarithm of the time constant obeys the same recursion.
    by_time_constant = memory * by_time_constant - (level - level_before);
    level_before = level;
    for (; next < reads.size() && reads[next].window == row.index; ++next) {
      const std::size_t k = reads[next].reading;
      averaged.count_reading();
      auto sum = rows_.row(row_of_[k]);
      if (!lasts(next)) averaged.take_sum({sum.data(), static_cast<std::size_t>(layout.load)});
      sum[layout.idle()] += 1.0;
      drift_.fill(latch_[k], drift);
      for (std::size_t d = 0; d < drift.size(); ++d) {
        sum[layout.first_drift() + static_cast<Eigen::Index>(d)] += drift[d];
      }
      sum[layout.first_initial()] += initial;
      sum[layout.first_timing()] += slope;
      sum[layout.first_timing() + 1] += by_time_constant;
      sum[layout.unknowns()] += trace_.power[k].value();
    }
  });
}

/// The noise's parts on grids of their ratios, one after the other.
void SlowFit::choose_noise() {
  // Of filtered to white noise: from none to nothing else, three a decade where it is usual; the
  // likelihood is flat between neighbours. Those of drift likewise.
  constexpr std::array kFilteredRatios = {0.0, 1e-3, 1e-2, 0.03, 0.1,   0.3,
                                          1.0, 3.0,  10.0, 30.0, 100.0, 1000.0};
  constexpr std::array kDriftRatios = {0.01, 0.1, 1.0};
  constexpr double kShorter = 0.5;
  const RowMatrix pooled = pooled_repeats(rows_, load_);
  const NoisyRows rows{pooled, row_time_, row_weight_};
  NoiseModel noise;
  noise.filter_time = time_constant_;
  std::vector<NoiseModel> tried;
  for (const double ratio : kFilteredRatios) {
    noise.filtered = ratio;
    tried.push_back(noise);
  }
  NoiseFit steady = likeliest_noise(rows, tried);
  noise.filtered = steady.noise.filtered / steady.noise.white;
  // What rounding leaves lasts while the register stands still, not as long as the filter holds.
  tried.assign(2, noise);
  for (NoiseModel& shorter : tried) shorter.filter_time = kShorter * time_constant_;
  tried.back().filtered *= 0.5;
  const NoiseFit short_lived = likeliest_noise(rows, tried);
  if (short_lived.value < steady.value) steady = short_lived;
  noise = steady.noise;
  noise.filtered /= noise.white;
  noise.white = 1.0;
  tried.clear();
  for (const double ratio : kDriftRatios) {
    noise.drift = ratio;
    tried.push_back(noise);
  }
  const NoiseFit drifting = likeliest_noise(rows, tried);
  noise_ = drifting.value < steady.value ? drifting.noise : steady.noise;
}

void SlowFit::assemble(bool last) {
  const auto columns = static_cast<std::size_t>(fit_.layout.columns());
  const ColumnLayout& layout = fit_.layout;
  NormalEquations equations(columns);
  Whitener whitener(noise_, columns);
  for (std::size_t r = 0; r < row_time_.size(); ++r) {
    const auto out = equations.next_row();
    std::copy_n(rows_.row(static_cast<Eigen::Index>(r)).data(), columns, out.data());
    whitener.whiten(row_time_[r], row_weight_[r], out);
    equations.commit();
  }
  fit_.rows = static_cast<std::int64_t>(row_time_.size());
  prior_ = Eigen::MatrixXd::Zero(layout.columns(), layout.columns());
  // Lag: half a period either way. Time constant: as far off as the guess may be.
  expect(layout.first_timing(), 0.0, 0.5 * input_.period, prior_);
  expect(layout.first_timing() + 1, std::log(input_.time_constant / time_constant_),
         input_.time_constant_error, prior_);

  double energy = 0.0;
  double time = 0.0;
  for (std::size_t c = 0; c < fit_.watts.size(); ++c) {
    energy += std::abs(fit_.watts[c]) * load_.on_time[c];
    time += load_.on_time[c];
  }
  const double mean = time > 0.0 && energy > 0.0 ? energy / time : 1.0;
  const LeastSquares solved = solve_normal_equations(
      equations.matrix() + prior_ + repeat_tie(layout, load_, kRepeatSpread * mean, true),
      Wanted::kValue);
  solution_ = solved.value;
  fit_.watts.assign(solved.value.data(), solved.value.data() + layout.load);
  fit_.idle = solved.value[layout.idle()];
  const double change = std::clamp(solved.value[layout.first_timing() + 1], -0.2, 0.2);
  if (!last) time_constant_ *= std::exp(change);
}

/// Whitens the rows for good and gives them away.
void SlowFit::keep_rows() {
  const ColumnLayout layout = fit_.layout;
  const auto columns = static_cast<std::size_t>(layout.columns());
  fit_.block_seconds = std::max(kBlockTimeConstants * time_constant_,
                                latch_.back() / static_cast<double>(kMostBlocks));
  Whitener whitener(noise_, columns);
  std::vector<Eigen::Index> begins;
  double block_end = -1.0;
  for (std::size_t r = 0; r < row_time_.size(); ++r) {
    const auto row = static_cast<Eigen::Index>(r);
    if (row_time_[r] > block_end) {
      begins.push_back(row);
      block_end = row_time_[r] + fit_.block_seconds;
    }
    whitener.whiten(row_time_[r], row_weight_[r], {rows_.row(row).data(), columns});
  }
  eliminate_timing(layout, rows_, begins, prior_,
                   solution_.segment(layout.first_timing(), layout.timing), layout.first_timing(),
                   fit_);
}

/// A load that moves over steps of the register evens rounding out as noise does: what remains is
/// that of powers that stood still, idle before and after the run and whole passes one like
/// another.
void SlowFit::measure_rounding() {
  // Readings of whole passes, and of idle: what is between them saw an edge.
  constexpr double kBusy = 0.9;
  constexpr double kIdle = 0.001;
  const double step = power_step(trace_);
  if (step <= 0.0) return;
  const Eigen::Index unknowns = solution_.size();
  const Eigen::VectorXd fitted = rows_.leftCols(unknowns) * solution_;
  const Eigen::VectorXd residual = rows_.col(unknowns) - fitted;
  const auto error_of = [&](double least, double most) {
    std::vector<double> levels;
    std::vector<double> residuals;
    for (Eigen::Index r = 0; r < rows_.rows(); ++r) {
      const double busy = rows_.row(r).head(fit_.layout.load).sum();
      if (busy < least || busy > most) continue;
      levels.push_back(fitted[r]);
      residuals.push_back(residual[r]);
    }
    if (levels.empty()) return 0.0;
    double evens_out = noise_before_rounding(residuals, step);
    if (!input_.layers_are_steady) evens_out = std::hypot(evens_out, spread_of(std::move(levels)));
    return rounding_error(evens_out, step);
  };
  fit_.rounding = error_of(kBusy, 1.1);
  fit_.idle_rounding = error_of(-0.1, kIdle);
  fit_.rounding_is_shared = !input_.layers_are_steady;
}

Result<FineFit> SlowFit::run() {
  noise_.white = 1.0;
  noise_.filtered = 1.0;
  noise_.filter_time = time_constant_;
  for (int i = 0; i < kIterations; ++i) {
    gather();
    if (i == 1 || i + 1 == kIterations) choose_noise();
    assemble(i == 0 || i + 1 == kIterations);
  }
  fit_.period = input_.period * time_constant_ / input_.time_constant;
  fit_.noise = std::sqrt(noise_.white);
  fit_.time_constant = time_constant_;
  fit_.is_slow = true;
  measure_rounding();
  keep_rows();
  return std::move(fit_);
}

}  // namespace

Result<FineFit> fit_slow_sensor(const SlowFitInput& input) {
  if (input.trace->size() < 50 || input.load->pieces.empty()) {
    return Error(ErrorCode::kUnknowable, "too few readings to fit the averaging filter");
  }
  return SlowFit(input).run();
}

}  // namespace layerwatt
