#include "attribution/fast_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attribution/linear_system.h"
#include "attribution/load_clock.h"
#include "attribution/register_changes.h"

namespace layerwatt {
namespace {

constexpr int kIterations = 16;
/// Where in a read the register is latched may vary by this part of the read's length.
constexpr double kLatchJitter = 0.12;
constexpr double kFirstLowPass = 150e-6;
constexpr double kMostLowPass = 2e-3;
constexpr double kLowPassPrior = 400e-6;
/// Knots of the clock: an oscillator's drift bends it by microseconds within this time.
constexpr double kKnotSeconds = 3.0;
/// Allowed bend of the clock from knot to knot: standard deviation of the second difference.
constexpr double kKnotBend = 15e-6;
/// Clocks of one stretch that are tried on the whole recording.
constexpr std::size_t kCandidates = 4;
/// The search ends with a clock that leaves less than this part of the coarse model's variance.
constexpr double kClearlyBetter = 0.4;
/// With so little left other places of the recording need not be asked.
constexpr double kClearlyRight = 0.12;
/// Clocks that leave up to so many times what the best one leaves are fitted in full.
constexpr double kRivalScore = 2.5;
constexpr std::size_t kMostRivals = 3;
constexpr double kRejectDeviations = 5.0;
constexpr double kMostStep = 40e-6;
/// Drift that the polynomials leave is taken as a process that forgets within this time.
constexpr double kDriftTime = 10.0;
/// How much repeats are expected to differ from first executions while timing is fitted.
constexpr double kRepeatSpread = 0.05;

/// Variance of what residuals have in common over half a second, beyond their own noise.
class SlowResidual {
 public:
  void add(double time, double residual) {
    if (time > until_) finish(time);
    sum_ += residual;
    count_ += 1.0;
  }
  double variance(double white) {
    finish(0.0);
    if (means_ < 4.0) return 0.0;
    return std::max(0.0, (squares_ - white * expected_) / means_);
  }

 private:
  void finish(double time) {
    if (count_ > 10.0) {
      squares_ += sum_ * sum_ / (count_ * count_);
      expected_ += 1.0 / count_;
      means_ += 1.0;
    }
    sum_ = count_ = 0.0;
    until_ = time + 0.5;
  }
  double until_ = -1.0;
  double sum_ = 0.0;
  double count_ = 0.0;
  double squares_ = 0.0;
  double expected_ = 0.0;
  double means_ = 0.0;
};

class FastFit {
 public:
  explicit FastFit(const FastFitInput& input)
      : trace_(*input.trace), load_(*input.load), input_(input) {
    for (const Watts p : trace_.power) watts_.push_back(p.value());
    stalled_ = stalled_reads(trace_);
    std::vector<double> lengths;
    for (std::size_t k = 0; k < trace_.size(); ++k) {
      lengths.push_back(to_seconds(trace_.after[k] - trace_.before[k]));
    }
    std::nth_element(lengths.begin(), lengths.begin() + static_cast<long>(lengths.size() / 2),
                     lengths.end());
    read_length_ = lengths[lengths.size() / 2];
    scale_window(input.period);
  }

  Result<FineFit> run();

 private:
  void scale_window(double period) {
    period_ = period;
    kernel_.window = input_.window * period / input_.period;
  }
  void rough_powers();
  Result<void> find_clock();
  void choose_knots(const ConversionClock& rough);
  double find_latch(const PredictedLoad& predicted, const ConversionClock& clock,
                    std::size_t most_reads, double cap);
  PredictedLoad predict() const;
  LatchedReadings readings() const;
  void mend_clock();
  double iterate(bool last);
  void choose_rows();
  void set_prior();
  double mean_watts() const;

  const PowerTrace& trace_;
  const LoadPieces& load_;
  FastFitInput input_;
  std::vector<double> watts_;
  std::vector<bool> stalled_;
  std::vector<double> latch_;
  double read_length_ = 0.0;
  double period_ = 0.0;
  SensorKernel kernel_;
  FineFit fit_;
  std::vector<ConversionClock::Knot> knots_;
  /// Rows: the read and the end of the conversion that it returned.
  std::vector<std::size_t> row_read_;
  std::vector<double> row_end_;
  double noise_ = 0.5;
  double reject_ = 1e300;
  std::vector<double> drift_watts_;
  double drift_variance_ = 0.0;
  /// Standard deviation of the readings about the coarse model.
  double rough_residual_ = 1.0;
  bool rejects_early_ = true;
};

/// Powers from a kernel that knows only that a reading is at most one period old: unbiased, coarse.
void FastFit::rough_powers() {
  double best = 1e300;
  fit_.layout = {};
  fit_.layout.load = load_.columns();
  const auto columns = static_cast<std::size_t>(fit_.layout.columns());
  const Eigen::MatrixXd pooled = pooling_matrix(fit_.layout, load_, true);
  for (const double fraction : {0.4, 0.15, 0.65, 0.9}) {
    const auto latch = latch_times(trace_, load_.origin, fraction);
    for (const double age : {0.5, 0.75, 1.0, 1.25}) {
      std::vector<double> ends;
      std::vector<std::int64_t> seen;
      std::vector<std::size_t> reads;
      for (std::size_t k = 0; k < latch.size(); ++k) {
        if (stalled_[k] || (!ends.empty() && latch[k] <= latch[reads.back()])) continue;
        ends.push_back(latch[k] + (0.5 - age) * period_ - 0.5 * kernel_.window);
        seen.push_back(static_cast<std::int64_t>(seen.size()));
        reads.push_back(k);
      }
      SensorKernel coarse;
      coarse.window = period_;
      NormalEquations equations(columns);
      visit_design_rows(load_, coarse, ends, seen, [&](const DesignRow& row) {
        const auto out = equations.next_row();
        std::copy(row.shares.begin(), row.shares.end(), out.begin());
        out[columns - 2] = 1.0;
        out[columns - 1] = watts_[reads[row.index]];
        equations.commit();
      });
      const auto solved = solve_normal_equations(pooled.transpose() * equations.matrix() * pooled);
      if (solved.residual >= best) continue;
      best = solved.residual;
      rough_residual_ = std::sqrt(best / static_cast<double>(equations.rows()));
      const Eigen::VectorXd fine =
          pooled.topLeftCorner(fit_.layout.unknowns(), pooled.cols() - 1) * solved.value;
      fit_.watts.assign(fine.data(), fine.data() + fit_.layout.load);
      fit_.idle = fine[fit_.layout.idle()];
      fit_.latch_fraction = fraction;
      latch_ = latch;
    }
  }
}

Result<void> FastFit::find_clock() {
  kernel_.board_low_pass = kFirstLowPass;
  const PredictedLoad predicted = predict();
  const LatchedReadings now = readings();
  const LoadClockSearch search(predicted, now, 0.25 * predicted.spread() + 1e-9);
  // A stretch in the middle of the load, long enough to tell clocks apart.
  double low = input_.period * (1.0 - input_.tolerance);
  double high = input_.period * (1.0 + input_.tolerance);
  ClockSearch by_changes;
  by_changes.expected_period = from_seconds(input_.period);
  by_changes.tolerance = input_.tolerance;
  if (period_ > 2.0 * read_length_) {
    if (const auto recovered = recover_conversion_clock(trace_, by_changes)) {
      const double found = recovered->clock.period();
      low = found * (1.0 - 1e-4);
      high = found * (1.0 + 1e-4);
    }
  }
  const double cap = rough_residual_ * rough_residual_;
  struct Candidate {
    ConversionClock clock;
    double score;
  };
  std::vector<Candidate> candidates;
  double best = 1e300;
  for (const double conversions : {300.0, 600.0, 1000.0}) {
    for (const double place : {0.5, 0.25, 0.75}) {
      const double stretch = conversions * input_.period;
      const double middle = load_.begin() + place * (load_.end() - load_.begin());
      const auto& time = now.time;
      const auto first = std::lower_bound(time.begin(), time.end(), middle - 0.5 * stretch);
      const auto last = std::lower_bound(first, time.end(), middle + 0.5 * stretch);
      if (last - first < 50) continue;
      for (const auto& lock :
           search.acquire(static_cast<std::size_t>(first - time.begin()),
                          static_cast<std::size_t>(last - time.begin()), low, high, kCandidates)) {
        const ConversionClock clock(load_.origin,
                                    search.track(lock, std::max(0.4, 400.0 * lock.period)));
        candidates.push_back({clock, find_latch(predicted, clock, 4000, cap)});
        best = std::min(best, candidates.back().score);
      }
      if (best < kClearlyRight * cap) break;
    }
    if (best < kClearlyBetter * cap) break;
  }
  std::ranges::stable_sort(candidates, {}, &Candidate::score);
  std::vector<const Candidate*> rivals;
  for (const Candidate& candidate : candidates) {
    if (candidate.score > kRivalScore * best) break;
    const bool is_like_another = std::ranges::any_of(rivals, [&](const Candidate* rival) {
      const double slipped = 1.0 / (load_.end() - load_.begin()) * period_;
      return std::abs(candidate.clock.period() / rival->clock.period() - 1.0) < 2.0 * slipped;
    });
    if (!is_like_another) rivals.push_back(&candidate);
    if (rivals.size() == kMostRivals) break;
  }
  if (rivals.empty()) {
    return Error(ErrorCode::kUnknowable,
                 "no conversion clock explains the readings better than others");
  }
  const auto rough_watts = fit_.watts;
  const double rough_idle = fit_.idle;
  const auto begin_with = [&](const ConversionClock& clock) {
    fit_.watts = rough_watts;
    fit_.idle = rough_idle;
    drift_watts_.clear();
    drift_variance_ = 0.0;
    kernel_.board_low_pass = kFirstLowPass;
    noise_ = 0.5 * rough_residual_;
    reject_ = 1e300;
    choose_knots(clock);
    find_latch(predicted, *fit_.clock, 8000, cap);
  };
  const Candidate* chosen = rivals.front();
  if (rivals.size() > 1) {
    double least = 1e300;
    for (const Candidate* rival : rivals) {
      begin_with(rival->clock);
      for (int i = 0; i < 3; ++i) iterate(false);
      const double score = find_latch(predict(), *fit_.clock, 8000, cap);
      if (score >= least) continue;
      least = score;
      chosen = rival;
    }
  }
  begin_with(chosen->clock);
  return {};
}

void FastFit::choose_knots(const ConversionClock& rough) {
  const double begin = 0.0;
  const double end = latch_.back();
  const auto pieces = std::max(1.0, std::round((end - begin) / kKnotSeconds));
  knots_.clear();
  for (double i = 0.0; i <= pieces; i += 1.0) {
    const double conversion = std::round(rough.conversion_at(begin + (end - begin) * i / pieces));
    knots_.push_back({conversion, rough.time_of(conversion)});
  }
  fit_.clock.emplace(load_.origin, knots_);
  scale_window(fit_.clock->period());
}

/// Which conversion each read returned; rows where that is sure, one per conversion.
void FastFit::choose_rows() {
  row_read_.clear();
  row_end_.clear();
  const ConversionClock& clock = *fit_.clock;
  const double margin = std::min(0.3, (kLatchJitter * read_length_ + 5e-6) / period_);
  double last = -1e300;
  for (std::size_t k = 0; k < latch_.size(); ++k) {
    if (stalled_[k]) continue;
    const double position = clock.conversion_at(latch_[k] - fit_.visible_after);
    const double whole = std::floor(position);
    if (position - whole < margin || position - whole > 1.0 - margin || whole <= last) continue;
    last = whole;
    row_read_.push_back(k);
    row_end_.push_back(clock.time_of(whole));
  }
}

/// Where in a read the register is latched, and how long after a conversion it shows: the pair that
/// explains the readings best. Returns the mean of the squared deviations, each cut at `cap`.
double FastFit::find_latch(const PredictedLoad& predicted, const ConversionClock& clock,
                           std::size_t most_reads, double cap) {
  double best = 1e300;
  const double step = most_reads > 5000 ? 0.05 : 0.1;
  const std::size_t stride = 1 + watts_.size() / most_reads;
  for (const double fraction : {0.15, 0.4, 0.65, 0.9}) {
    const auto latch = latch_times(trace_, load_.origin, fraction);
    for (double after = -0.5; after < 0.5; after += step) {
      double sum = 0.0;
      double count = 0.0;
      for (std::size_t k = 0; k < latch.size(); k += stride) {
        if (stalled_[k]) continue;
        const double position = clock.conversion_at(latch[k] - after * period_);
        const double r = watts_[k] - predicted.at(clock.time_of(std::floor(position)));
        sum += std::min(r * r, cap);
        count += 1.0;
      }
      sum /= std::max(count, 1.0);
      if (sum >= best) continue;
      best = sum;
      fit_.latch_fraction = fraction;
      fit_.visible_after = after * period_;
    }
  }
  latch_ = latch_times(trace_, load_.origin, fit_.latch_fraction);
  return best;
}

PredictedLoad FastFit::predict() const {
  return PredictedLoad(load_, kernel_, fit_.watts, fit_.idle, 0.0, latch_.back());
}

LatchedReadings FastFit::readings() const {
  LatchedReadings readings;
  for (std::size_t k = 0; k < latch_.size(); ++k) {
    if (stalled_[k]) continue;
    readings.time.push_back(latch_[k] - fit_.visible_after);
    readings.watts.push_back(watts_[k]);
  }
  readings.jitter = std::min(kLatchJitter * read_length_ + 30e-6, 0.3 * period_);
  return readings;
}

/// Follows the clock anew, now that the powers are known well: mends stretches that were lost.
void FastFit::mend_clock() {
  const PredictedLoad predicted = predict();
  const LatchedReadings now = readings();
  const LoadClockSearch search(predicted, now, std::max(4.0 * noise_, 0.1 * predicted.spread()));
  // Start where the present clock explains the readings best.
  double least = 1e300;
  LoadClockSearch::Lock lock;
  for (std::size_t i = 0; i + 1 < knots_.size(); ++i) {
    const ConversionClock::Knot& a = knots_[i];
    const ConversionClock::Knot& b = knots_[i + 1];
    if (a.time < load_.begin() || b.time > load_.end()) continue;
    const double period = (b.time - a.time) / (b.conversion - a.conversion);
    const double conversion = std::floor(0.5 * (a.conversion + b.conversion));
    const double end = fit_.clock->time_of(conversion);
    const double loss = search.mean_loss(a.time, b.time, period, end);
    if (loss >= least) continue;
    least = loss;
    lock = {period, end, loss, end};
  }
  if (least < 1e300) {
    choose_knots(
        ConversionClock(load_.origin, search.track(lock, std::max(0.4, 400.0 * lock.period))));
  }
}

/// One step of Gauss and Newton; returns the largest change of a knot, seconds.
double FastFit::iterate(bool last) {
  choose_rows();
  const DriftBasis drift(0.0, latch_.back());
  ColumnLayout& layout = fit_.layout;
  layout = {};
  layout.load = load_.columns();
  layout.drift = static_cast<int>(drift.size());
  layout.timing = static_cast<int>(knots_.size());
  layout.low_pass = 1;
  const auto columns = static_cast<std::size_t>(layout.columns());

  // Sensitivity to the low-pass: the same rows with a slightly longer one.
  std::vector<std::int64_t> seen(row_end_.size());
  for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = static_cast<std::int64_t>(i);
  SensorKernel longer = kernel_;
  const double more = std::max(5e-6, 0.05 * kernel_.board_low_pass);
  longer.board_low_pass += more;
  std::vector<double> slower(row_end_.size());
  visit_design_rows(load_, longer, row_end_, seen, [&](const DesignRow& row) {
    double sum = 0.0;
    for (std::size_t c = 0; c < row.shares.size(); ++c) sum += row.shares[c] * fit_.watts[c];
    slower[row.index] = sum;
  });

  const double block_length = std::max(1.0, latch_.back() / 40.0);
  std::vector<NormalEquations> blocks;
  double block_end = -1.0;
  std::size_t knot = 0;
  NoiseModel noise;
  noise.white = noise_ * noise_;
  noise.drift = drift_variance_;
  noise.drift_time = kDriftTime;
  Whitener whitener(noise, columns);
  std::vector<double> residuals;
  SlowResidual slow_residual;
  visit_design_rows(load_, kernel_, row_end_, seen, [&](const DesignRow& row) {
    const double end = row_end_[row.index];
    double level = 0.0;
    double slope = 0.0;
    for (std::size_t c = 0; c < row.shares.size(); ++c) {
      level += row.shares[c] * fit_.watts[c];
      slope += row.slope[c] * fit_.watts[c];
    }
    const double y = watts_[row_read_[row.index]];
    if (end > block_end) {
      blocks.emplace_back(columns);
      block_end = end + block_length;
    }
    NormalEquations& equations = blocks.back();
    const auto out = equations.next_row();
    std::fill(out.begin(), out.end(), 0.0);
    std::copy(row.shares.begin(), row.shares.end(), out.begin());
    out[static_cast<std::size_t>(layout.idle())] = 1.0;
    drift.fill(end, out.subspan(static_cast<std::size_t>(layout.first_drift()), drift.size()));
    while (knot + 2 < knots_.size() && knots_[knot + 1].time <= end) ++knot;
    const double part = (end - knots_[knot].time) / (knots_[knot + 1].time - knots_[knot].time);
    const auto timing = static_cast<std::size_t>(layout.first_timing()) + knot;
    out[timing] = slope * (1.0 - part);
    out[timing + 1] = slope * part;
    out[static_cast<std::size_t>(layout.first_low_pass())] = (slower[row.index] - level) / more;
    out[columns - 1] = y;
    double expected = level + fit_.idle;
    for (int d = 0; d < layout.drift; ++d) {
      const auto i = static_cast<std::size_t>(d);
      if (i < drift_watts_.size()) {
        expected += drift_watts_[i] * out[static_cast<std::size_t>(layout.first_drift()) + i];
      }
    }
    const double r = y - expected;
    residuals.push_back(std::abs(r));
    // A read that the model cannot have: a stall that was not seen, a straddle.
    if (std::abs(r) > reject_) return;
    slow_residual.add(end, r);
    whitener.whiten(end, 1.0, out);
    equations.commit();
  });

  fit_.blocks.clear();
  fit_.rows = 0;
  for (NormalEquations& equations : blocks) {
    fit_.rows += equations.rows();
    fit_.blocks.push_back(equations.matrix());
  }
  fit_.block_seconds = block_length;
  set_prior();
  const Eigen::MatrixXd total =
      fit_.total() + repeat_tie(layout, load_, kRepeatSpread * mean_watts(), true);
  const LeastSquares solved = solve_normal_equations(total);
  fit_.watts.assign(solved.value.data(), solved.value.data() + layout.load);
  fit_.idle = solved.value[layout.idle()];
  drift_watts_.assign(solved.value.data() + layout.first_drift(),
                      solved.value.data() + layout.first_initial());
  // Median absolute deviation of the last residuals, as a standard deviation.
  const auto middle = residuals.begin() + static_cast<std::ptrdiff_t>(residuals.size() / 2);
  std::nth_element(residuals.begin(), middle, residuals.end());
  noise_ = std::max(1.4826 * *middle, 1e-6);
  reject_ = std::max(kRejectDeviations * noise_, rejects_early_ ? 0.3 * rough_residual_ : 0.0);
  drift_variance_ = slow_residual.variance(noise_ * noise_);
  if (last) return 0.0;
  double moved = 0.0;
  for (int i = 0; i < layout.timing; ++i) {
    const double step = std::clamp(solved.value[layout.first_timing() + i], -kMostStep, kMostStep);
    knots_[static_cast<std::size_t>(i)].time += step;
    moved = std::max(moved, std::abs(step));
  }
  const double slower_by = solved.value[layout.first_low_pass()];
  kernel_.board_low_pass =
      std::clamp(kernel_.board_low_pass + std::clamp(slower_by, -80e-6, 80e-6), 0.0, kMostLowPass);
  fit_.clock.emplace(load_.origin, knots_);
  scale_window(fit_.clock->period());
  return moved;
}

/// The oscillator bends the clock only a little from knot to knot, and the low-pass is not long.
void FastFit::set_prior() {
  const ColumnLayout& layout = fit_.layout;
  const Eigen::Index y = layout.unknowns();
  fit_.prior = Eigen::MatrixXd::Zero(layout.columns(), layout.columns());
  const auto add = [&](const Eigen::VectorXd& row, double expected, double deviation) {
    Eigen::VectorXd whole = row / deviation;
    whole[y] = expected / deviation;
    fit_.prior += whole * whole.transpose();
  };
  for (std::size_t i = 1; i + 1 < knots_.size(); ++i) {
    const auto at = [&](std::size_t k) { return layout.first_timing() + static_cast<int>(k); };
    const double before =
        (knots_[i].time - knots_[i - 1].time) / (knots_[i].conversion - knots_[i - 1].conversion);
    const double after =
        (knots_[i + 1].time - knots_[i].time) / (knots_[i + 1].conversion - knots_[i].conversion);
    const double count = knots_[i].conversion - knots_[i - 1].conversion;
    Eigen::VectorXd row = Eigen::VectorXd::Zero(layout.columns());
    row[at(i - 1)] = 1.0;
    row[at(i)] = -2.0;
    row[at(i + 1)] = 1.0;
    add(row, -(after - before) * count, kKnotBend);
  }
  Eigen::VectorXd row = Eigen::VectorXd::Zero(layout.columns());
  row[layout.first_low_pass()] = 1.0;
  add(row, kFirstLowPass - kernel_.board_low_pass, kLowPassPrior);
}

double FastFit::mean_watts() const {
  double energy = 0.0;
  double time = 0.0;
  for (std::size_t c = 0; c < fit_.watts.size(); ++c) {
    energy += std::abs(fit_.watts[c]) * load_.on_time[c];
    time += load_.on_time[c];
  }
  return time > 0.0 ? energy / time : 1.0;
}

Result<FineFit> FastFit::run() {
  if (trace_.size() < 200 || load_.pieces.empty()) {
    return Error(ErrorCode::kUnknowable, "too few readings for the timing of single conversions");
  }
  rough_powers();
  if (auto found = find_clock(); !found) return std::move(found).error();
  for (int i = 0; i < kIterations; ++i) {
    const double moved = iterate(false);
    if (i == 2 || i == 5) {
      mend_clock();
      find_latch(predict(), *fit_.clock, 8000, 25.0 * noise_ * noise_);
    }
    rejects_early_ = i < 5;
    if (i > 6 && moved < 0.3e-6) break;
  }
  iterate(true);
  fit_.kernel = kernel_;
  fit_.period = period_;
  fit_.noise = noise_;
  return std::move(fit_);
}

}  // namespace

Result<FineFit> fit_fast_sensor(const FastFitInput& input) { return FastFit(input).run(); }

}  // namespace layerwatt
