#include "attribution/fit/counter_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "attribution/fit/linear_system.h"
#include "attribution/fit/noise_search.h"

namespace layerwatt {
namespace {

/// Fewer leave nothing over for the noise once layers, gaps, idle and lag are fitted.
constexpr std::size_t kLeastWindows = 50;
/// By trial on made recordings of counters.
constexpr int kIterations = 6;
/// Ages of readings differ at least by this.
constexpr double kLeastSpread = 50e-6;
constexpr double kMostLagStep = 1e-3;
constexpr double kLeastLagDeviation = 1e-3;
constexpr double kRepeatSpread = 0.05;
/// Blocks for the sandwich hold at least so many renewals: reads and renewals that beat against
/// each other make errors that go together for a while.
constexpr double kBlockRenewals = 500.0;
constexpr double kMostBlocks = 40.0;
/// Long against any recording: the process is a random walk.
constexpr double kWalkTime = 1e4;
/// For how long the levels remember what was read, seconds: power besides the load that wanders is
/// told from the reads' own errors over that time. None is believed to be steady for longer.
constexpr std::array kMemories = {10.0, 3.0, 1.0, 0.3, 0.1};
constexpr double kFirstMemory = 1.0;
/// Ages of successive reads go together where reads and renewals beat slowly: part of the reads'
/// own variance, and for how long.
constexpr std::array kAgeRatios = {0.5, 2.0, 8.0, 32.0};
constexpr std::array kAgeTimes = {0.01, 0.05, 0.3, 2.0};

/// Seconds that each column was on up to instants that never fall, summed up over time.
class OnTime {
 public:
  explicit OnTime(const LoadPieces& load)
      : next_(load.pieces.begin()),
        end_(load.pieces.end()),
        on_(static_cast<std::size_t>(load.columns()), 0.0),
        moment_(on_.size(), 0.0) {}

  /// Adds `factor` × the integral, up to `time`, of the seconds that each column was on.
  void add_integral(double time, double factor, std::span<double> out) {
    for (; next_ != end_ && next_->end <= time; ++next_) {
      const LoadPiece& p = *next_;
      const auto c = static_cast<std::size_t>(p.column);
      on_[c] += p.end - p.begin;
      moment_[c] += 0.5 * (p.end - p.begin) * (p.end + p.begin);
    }
    for (std::size_t c = 0; c < on_.size(); ++c) out[c] += factor * (time * on_[c] - moment_[c]);
    if (next_ != end_ && next_->begin < time) {
      const LoadPiece& p = *next_;
      const double passed = time - p.begin;
      out[static_cast<std::size_t>(p.column)] += factor * 0.5 * passed * passed;
    }
  }

 private:
  PieceList::Iterator next_;
  PieceList::Iterator end_;
  std::vector<double> on_;
  std::vector<double> moment_;
};

/// Joules above idle, for given powers, up to instants that never fall.
class Energy {
 public:
  Energy(const LoadPieces& load, const std::vector<double>& watts)
      : next_(load.pieces.begin()), end_(load.pieces.end()), watts_(watts) {}

  double until(double time) {
    for (; next_ != end_ && next_->begin <= time; ++next_) {
      if (last_) before_ += energy(last_->end);
      last_ = *next_;
    }
    return last_ ? before_ + energy(std::min(time, last_->end)) : 0.0;
  }

 private:
  double energy(double until) const {
    return (until - last_->begin) * watts_[static_cast<std::size_t>(last_->column)];
  }

  PieceList::Iterator next_;
  PieceList::Iterator end_;
  const std::vector<double>& watts_;
  /// The last piece that has begun, and what all before it took.
  std::optional<LoadPiece> last_;
  double before_ = 0.0;
};

class CounterFit {
 public:
  explicit CounterFit(const CounterFitInput& input);
  FineFit run();

 private:
  void gather();
  void choose_noise();
  void assemble(bool last);
  void find_residuals(const Eigen::VectorXd& solution);
  void keep_rows();
  NoiseModel noise_for(double memory) const;

  const LoadPieces& load_;
  CounterFitInput input_;
  /// Ends of windows, seconds, and what the counter then showed above the first.
  std::vector<double> time_;
  std::vector<double> level_;
  DriftBasis drift_;
  /// Ages of readings lie this far apart, evenly spread about the lag.
  double spread_;
  double lag_expected_;
  double lag_deviation_;
  double lag_;
  FineFit fit_;
  RowMatrix rows_;
  /// What is not known of a level beside the load, and what the last solution leaves of it.
  RowMatrix left_;
  NoiseModel noise_;
  /// At the last step: what is known beforehand, and the solution for the unknowns of timing.
  Eigen::MatrixXd prior_;
  Eigen::VectorXd timing_;
};

CounterFit::CounterFit(const CounterFitInput& input)
    : load_(*input.load),
      input_(input),
      drift_(to_seconds(input.means->before.front() - input.load->origin),
             to_seconds(input.means->after.back() - input.load->origin)),
      // A read is at most one renewal late, and one that saw a change at most its own distance.
      spread_(std::max(std::min(input.period, input.read_distance), kLeastSpread)),
      lag_expected_(0.5 * spread_),
      lag_deviation_(std::max(kLeastLagDeviation, input.period)),
      lag_(lag_expected_) {
  const PowerTrace& means = *input.means;
  time_.push_back(to_seconds(means.before.front() - load_.origin));
  level_.push_back(0.0);
  for (std::size_t k = 0; k < means.size(); ++k) {
    time_.push_back(to_seconds(means.after[k] - load_.origin));
    level_.push_back(level_.back() + (means.power[k] * (means.after[k] - means.before[k])).value());
  }
  const auto windows = static_cast<double>(means.size());
  ColumnLayout& layout = fit_.layout;
  layout.load = load_.columns();
  layout.drift = static_cast<int>(drift_.size());
  layout.initial = 1;
  layout.timing = 1;
  fit_.rows = static_cast<std::int64_t>(time_.size());
  fit_.kernel.window = (time_.back() - time_.front()) / windows;
  fit_.period = input.period;
  rows_.resize(static_cast<Eigen::Index>(time_.size()), layout.columns());
}

void CounterFit::gather() {
  const ColumnLayout& layout = fit_.layout;
  const auto columns = static_cast<std::size_t>(layout.columns());
  OnTime on_time_late(load_);
  OnTime on_time_early(load_);
  std::vector<double> watts = fit_.watts;
  watts.resize(static_cast<std::size_t>(load_.columns()), 0.0);
  Energy energy_late(load_, watts);
  Energy energy_early(load_, watts);
  std::vector<double> drift(drift_.size());
  std::vector<double> drift_before(drift_.size());
  std::vector<double> drift_sum(drift_.size(), 0.0);
  drift_.fill(time_.front(), drift_before);
  for (std::size_t r = 0; r < time_.size(); ++r) {
    const std::span<double> row(rows_.row(static_cast<Eigen::Index>(r)).data(), columns);
    const double seen = time_[r] - lag_;
    // The mean over the ages that a reading may have.
    const double oldest = seen - 0.5 * spread_;
    const double newest = seen + 0.5 * spread_;
    std::fill(row.begin(), row.end(), 0.0);
    on_time_late.add_integral(newest, 1.0 / spread_, row);
    on_time_early.add_integral(oldest, -1.0 / spread_, row);
    row[static_cast<std::size_t>(layout.idle())] = time_[r] - time_.front();
    drift_.fill(time_[r], drift);
    for (std::size_t d = 0; d < drift.size(); ++d) {
      const double passed = r > 0 ? time_[r] - time_[r - 1] : 0.0;
      drift_sum[d] += 0.5 * passed * (drift[d] + drift_before[d]);
      row[static_cast<std::size_t>(layout.first_drift()) + d] = drift_sum[d];
    }
    drift_before = drift;
    row[static_cast<std::size_t>(layout.first_initial())] = 1.0;
    row[static_cast<std::size_t>(layout.first_timing())] =
        (energy_early.until(oldest) - energy_late.until(newest)) / spread_;
    row[columns - 1] = level_[r];
  }
}

/// A reading's own error has variance 1, and power walks so that a level is worth as much as what
/// is known from `memory` seconds before.
NoiseModel CounterFit::noise_for(double memory) const {
  NoiseModel noise;
  noise.white = 1.0;
  noise.drift_time = kWalkTime;
  noise.drift = 0.5 * kWalkTime * fit_.kernel.window / (memory * memory);
  return noise;
}

void CounterFit::find_residuals(const Eigen::VectorXd& solution) {
  const ColumnLayout& layout = fit_.layout;
  const Eigen::Index nuisance = layout.unknowns() - layout.load;
  left_.resize(rows_.rows(), nuisance + 1);
  left_.leftCols(nuisance) = rows_.middleCols(layout.load, nuisance);
  left_.col(nuisance) = rows_.col(layout.unknowns()) - rows_.leftCols(layout.unknowns()) * solution;
}

/// With the layers' powers as they are: few columns, so that many noises can be tried.
void CounterFit::choose_noise() {
  std::vector<NoiseModel> tried;
  for (const double memory : kMemories) {
    NoiseModel noise = noise_for(memory);
    tried.push_back(noise);
    for (const double ratio : kAgeRatios) {
      for (const double time : kAgeTimes) {
        noise.filtered = ratio;
        noise.filter_time = time;
        tried.push_back(noise);
      }
    }
  }
  noise_ = likeliest_noise({left_, time_, {}}, tried).noise;
}

void CounterFit::assemble(bool last) {
  const ColumnLayout& layout = fit_.layout;
  const auto columns = static_cast<std::size_t>(layout.columns());
  NormalEquations equations(columns);
  Whitener whitener(noise_, columns);
  for (std::size_t r = 0; r < time_.size(); ++r) {
    const auto out = equations.next_row();
    std::copy_n(rows_.row(static_cast<Eigen::Index>(r)).data(), columns, out.data());
    whitener.whiten(time_[r], 1.0, out);
    equations.commit();
  }
  const int timing = layout.first_timing();
  prior_ = Eigen::MatrixXd::Zero(layout.columns(), layout.columns());
  expect(timing, lag_expected_ - lag_, lag_deviation_, prior_);

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
  find_residuals(solved.value);
  timing_ = solved.value.segment(timing, layout.timing);
  fit_.watts.assign(solved.value.data(), solved.value.data() + layout.load);
  fit_.idle = solved.value[layout.idle()];
  const double change = std::clamp(solved.value[timing], -kMostLagStep, kMostLagStep);
  fit_.visible_after = lag_ + change;
  if (!last) lag_ += change;
}

/// Whitens the rows for good and gives them away.
void CounterFit::keep_rows() {
  const ColumnLayout layout = fit_.layout;
  const auto columns = static_cast<std::size_t>(layout.columns());
  fit_.block_seconds = std::max(kBlockRenewals * input_.period, time_.back() / kMostBlocks);
  Whitener whitener(noise_, columns);
  std::vector<Eigen::Index> begins;
  double block_end = 0.0;
  for (std::size_t r = 0; r < time_.size(); ++r) {
    const auto row = static_cast<Eigen::Index>(r);
    if (begins.empty() || time_[r] > block_end) {
      begins.push_back(row);
      block_end = time_[r] + fit_.block_seconds;
    }
    whitener.whiten(time_[r], 1.0, {rows_.row(row).data(), columns});
  }
  eliminate_timing(layout, rows_, begins, prior_, timing_, layout.first_timing(), fit_);
}

FineFit CounterFit::run() {
  noise_ = noise_for(kFirstMemory);
  for (int i = 0; i < kIterations; ++i) {
    gather();
    assemble(i == 0 || i + 1 == kIterations);
    if (i == 1 || i + 2 == kIterations) choose_noise();
  }
  keep_rows();
  fit_.noise = std::sqrt(noise_.white) / fit_.kernel.window;
  fit_.is_counter = true;
  return std::move(fit_);
}

}  // namespace

Result<FineFit> fit_counter(const CounterFitInput& input) {
  const std::size_t windows = input.means->size();
  if (windows < kLeastWindows) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("the energy counter of rail {} was seen to move {} times in the "
                             "recording, too seldom to tell layers: record for longer",
                             input.means->rail.name, windows == 0 ? 0 : windows + 1));
  }
  return CounterFit(input).run();
}

}  // namespace layerwatt
