#include "attribution/fit/counter_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "attribution/fit/linear_system.h"
#include "attribution/fit/noise_search.h"
#include "attribution/fit/priors.h"
#include "attribution/fit/row_fit.h"

namespace layerwatt {
namespace {

/// Fewer leave nothing over for the noise once layers, gaps, idle and lag are fitted.
constexpr std::size_t kLeastWindows = 50;
/// Ages of readings differ at least by this.
constexpr double kLeastSpread = 50e-6;
constexpr double kMostLagStep = 1e-3;
constexpr double kLeastLagDeviation = 1e-3;
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

/// The unknown of timing is the lag.
class CounterObservation : public RowObservation {
 public:
  explicit CounterObservation(const CounterFitInput& input);

  ColumnLayout layout() const override { return layout_; }
  void observe(const std::vector<double>& watts, ObservedRows& out) override;
  void expect_timing(const ColumnLayout& layout, Eigen::MatrixXd& prior) const override {
    expect(layout.first_timing(), lag_expected_ - lag_, lag_deviation_, prior);
  }
  void move(const Eigen::VectorXd& step, bool stays) override {
    told_lag_ = lag_ + std::clamp(step[0], -kMostLagStep, kMostLagStep);
    if (!stays) lag_ = told_lag_;
  }
  NoiseModel first_noise() const override { return noise_for(kFirstMemory); }
  NoiseModel likeliest_noise(const ObservedRows& rows, const Eigen::VectorXd& solution) override;
  Rounds rounds() const override {
    return {.steps = 6, .noise = {1, 4}, .noise_before_step = false};
  }
  double block_seconds() const override {
    return std::max(kBlockRenewals * input_.period, time_.back() / kMostBlocks);
  }
  void judge(const ObservedRows& rows, const Eigen::VectorXd& solution, const NoiseModel& noise,
             FineFit& fit) const override;

 private:
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
  double told_lag_;
  ColumnLayout layout_;
  /// Mean length of a window.
  double window_ = 0.0;
};

CounterObservation::CounterObservation(const CounterFitInput& input)
    : load_(*input.load),
      input_(input),
      drift_(to_seconds(input.means->before.front() - input.load->origin),
             to_seconds(input.means->after.back() - input.load->origin)),
      // A read is at most one renewal late, and one that saw a change at most its own distance.
      spread_(std::max(std::min(input.period, input.read_distance), kLeastSpread)),
      lag_expected_(0.5 * spread_),
      lag_deviation_(std::max(kLeastLagDeviation, input.period)),
      lag_(lag_expected_),
      told_lag_(lag_expected_) {
  const PowerTrace& means = *input.means;
  time_.push_back(to_seconds(means.before.front() - load_.origin));
  level_.push_back(0.0);
  for (std::size_t k = 0; k < means.size(); ++k) {
    time_.push_back(to_seconds(means.after[k] - load_.origin));
    level_.push_back(level_.back() + (means.power[k] * (means.after[k] - means.before[k])).value());
  }
  layout_.load = load_.columns();
  layout_.drift = static_cast<int>(drift_.size());
  layout_.initial = 1;
  layout_.timing = 1;
  window_ = (time_.back() - time_.front()) / static_cast<double>(means.size());
}

void CounterObservation::observe(const std::vector<double>& fitted, ObservedRows& out) {
  const ColumnLayout& layout = layout_;
  out.rows.resize(static_cast<Eigen::Index>(time_.size()), layout.columns());
  out.time = time_;
  const auto columns = static_cast<std::size_t>(layout.columns());
  OnTime on_time_late(load_);
  OnTime on_time_early(load_);
  std::vector<double> watts = fitted;
  watts.resize(static_cast<std::size_t>(load_.columns()), 0.0);
  Energy energy_late(load_, watts);
  Energy energy_early(load_, watts);
  std::vector<double> drift(drift_.size());
  std::vector<double> drift_before(drift_.size());
  std::vector<double> drift_sum(drift_.size(), 0.0);
  drift_.fill(time_.front(), drift_before);
  for (std::size_t r = 0; r < time_.size(); ++r) {
    const std::span<double> row(out.rows.row(static_cast<Eigen::Index>(r)).data(), columns);
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
NoiseModel CounterObservation::noise_for(double memory) const {
  NoiseModel noise;
  noise.white = 1.0;
  noise.drift_time = kWalkTime;
  noise.drift = 0.5 * kWalkTime * window_ / (memory * memory);
  return noise;
}

/// With the layers' powers as they are: few columns, so that many noises can be tried.
NoiseModel CounterObservation::likeliest_noise(const ObservedRows& observed,
                                               const Eigen::VectorXd& solution) {
  const RowMatrix& rows = observed.rows;
  const Eigen::Index nuisance = layout_.unknowns() - layout_.load;
  // What is not known of a level beside the load, and what the solution leaves of it.
  RowMatrix left(rows.rows(), nuisance + 1);
  left.leftCols(nuisance) = rows.middleCols(layout_.load, nuisance);
  left.col(nuisance) = rows.col(layout_.unknowns()) - rows.leftCols(layout_.unknowns()) * solution;
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
  return layerwatt::likeliest_noise({left, time_, {}}, tried).noise;
}

void CounterObservation::judge(const ObservedRows& /*rows*/, const Eigen::VectorXd& /*solution*/,
                               const NoiseModel& noise, FineFit& fit) const {
  fit.kernel.window = window_;
  fit.period = input_.period;
  fit.visible_after = told_lag_;
  fit.noise = std::sqrt(noise.white) / window_;
  fit.is_counter = true;
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
  CounterObservation observation(input);
  return fit_rows(observation, *input.load);
}

}  // namespace layerwatt
