#include "attribution/fit/timing_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "attribution/model/predicted_load.h"

namespace layerwatt {
namespace {

/// A board's filter before the chip that is slower is not seen: shunt filters of reference designs
/// are a few hundred microseconds at most (kUsualBoardLowPass).
constexpr double kMostLowPass = 2e-3;
/// How far a board's low-pass is expected to be from the usual one: none to thrice as slow.
constexpr double kLowPassPrior = 400e-6;
/// Of one step of the fit: about half of the usual low-pass, within which rows bend little.
constexpr double kMostLowPassStep = 80e-6;
/// Knots of the clock: an oscillator's drift bends it by a microsecond within this time.
constexpr double kKnotSeconds = 2.0;
/// They stand at least so many readings apart.
constexpr double kKnotPeriods = 10.0;
/// Standard deviation of the clock's second difference over knots one second apart; it grows with
/// the time between them to the power of 3/2, as the integral of a random walk does.
constexpr double kKnotBend = 3e-6;
/// Rows further off than this many deviations of the noise are stalled reads, not data.
constexpr double kRejectDeviations = 5.0;
/// Of the clock, in one step: a part of a conversion of 140 µs, beyond which rows are not linear.
constexpr double kMostStep = 40e-6;
/// Steps below it change no power by as much as noise does: shorter than any layer that is told.
constexpr double kSettled = 0.2e-6;
/// A step that leaves more than this factor more is taken back and damped.
constexpr double kWorse = 1.02;
/// Levenberg's damping relative to the diagonal: none to speak of at first, ten times as much after
/// each step that was taken back.
constexpr double kFirstDamping = 1e-6;
constexpr double kMoreDamping = 10.0;
/// Factor on the weight of an unknown that must stay.
constexpr double kPinned = 1e9;
/// Drift beside the polynomials is taken as a walk that forgets within this time.
constexpr double kDriftTime = 30.0;
/// What is expected of powers while timing is fitted, relative to the layers' mean: how they differ
/// from it, repeats from first executions, idle power from where the fit began.
constexpr double kPowerSpread = 0.7;
constexpr double kRepeatSpread = 0.05;
constexpr double kIdleSpread = 0.02;
/// Blocks for the sandwich.
constexpr double kMostBlocks = 40.0;
constexpr double kLeastBlockSeconds = 1.0;
/// Of the stamps of single passes against each other.
constexpr double kMostJitter = 30e-6;
/// From here on it blurs the load visibly.
constexpr double kLeastBlur = 4e-6;
/// Steps in which residuals up to a part of the worst are kept, so that timing can still move.
constexpr int kEarlySteps = 3;
constexpr double kEarlyPart = 0.3;
/// Place of a column that was never on.
constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

}  // namespace

TimingFit::TimingFit(const FastReadings& readings, const LoadPieces& load, const Sensor& sensor,
                     double worst, const Start& start)
    : readings_(readings), load_(load), sensor_(sensor), worst_(worst), latch_(start.latch) {
  now_.board_low_pass = start.board_low_pass;
  now_.watts = start.powers.watts;
  now_.idle = start.powers.idle;
  now_.noise = start.noise;
  if (start.is_settled) {
    steps_done_ = kEarlySteps;
    now_.stamp_jitter = start.stamp_jitter;
    now_.drift_variance = start.drift_variance;
  }
  const double mean = std::max(std::abs(start.powers.mean(load)), 1e-6);
  expected_ = {mean, kPowerSpread * mean, kRepeatSpread * mean, now_.idle, kIdleSpread * mean};
  choose_knots(start.clock);
  find_pass_ends();
}

void TimingFit::find_pass_ends() {
  pass_ends_.assign(load_.pass_begins.size(), 0.0);
  std::size_t pass = 0;
  double longest = 0.0;
  for (const LoadPiece& piece : load_.pieces) {
    if (piece.column == load_.gap_column()) continue;
    while (pass < pass_ends_.size() && load_.pass_begins[pass] <= piece.begin) ++pass;
    if (pass == 0) continue;
    pass_ends_[pass - 1] = piece.end;
    longest = std::max(longest, piece.end - load_.pass_begins[pass - 1]);
  }
  mean_before_end_ = 0.5 * longest;
}

void TimingFit::choose_knots(const ConversionClock& clock) {
  const double begin = readings_.before.front();
  const double end = readings_.end();
  const double apart = std::max(kKnotSeconds, kKnotPeriods * clock.period());
  const auto pieces = std::max(1.0, std::round((end - begin) / apart));
  std::vector<ConversionClock::Knot>& knots = now_.knots;
  knots.clear();
  for (double i = 0.0; i <= pieces; i += 1.0) {
    const double conversion = std::round(clock.conversion_at(begin + (end - begin) * i / pieces));
    knots.push_back({conversion, clock.time_of(conversion)});
  }
  set_clock();
}

void TimingFit::set_clock() {
  fit_.clock.emplace(load_.origin, now_.knots);
  kernel_ = sensor_.kernel(fit_.clock->period(), now_.board_low_pass);
  const double jitter = std::sqrt(now_.stamp_jitter.variance(mean_before_end_));
  kernel_.jitter = jitter > kLeastBlur ? jitter : 0.0;
}

TimingFit::Start TimingFit::state() const {
  StretchPowers powers;
  powers.watts = now_.watts;
  powers.idle = now_.idle;
  powers.mean_square = now_.mean_square;
  return {*fit_.clock, latch_, std::move(powers), now_.board_low_pass,
          now_.noise,  false,  now_.stamp_jitter, now_.drift_variance};
}

void TimingFit::estimate_gap(const LoadPieces& wider, double by) {
  wider_ = &wider;
  wider_by_ = by;
}

/// Of the border: the columns of the load that were ever on, idle, drift, low-pass and gap, and the
/// reading; in the layout without timing.
void TimingFit::choose_border(std::size_t drift) {
  layout_ = {};
  layout_.load = load_.columns();
  layout_.drift = static_cast<int>(drift);
  layout_.low_pass = wider_ != nullptr ? 2 : 1;
  border_.clear();
  place_.assign(static_cast<std::size_t>(layout_.load), kNowhere);
  for (int c = 0; c < layout_.columns(); ++c) {
    if (c < layout_.load) {
      if (load_.on_time[static_cast<std::size_t>(c)] <= 0.0) continue;
      place_[static_cast<std::size_t>(c)] = border_.size();
    }
    border_.push_back(c);
  }
}

/// Rows of one pass until it is over: their border, and what they feel of the two knots beside
/// them.
struct TimingFit::OpenPass {
  struct Row {
    double time = 0.0;
    double slope = 0.0;
    double before_end = 0.0;
    /// The knot before the row, and how far the row is on the way to the next.
    std::size_t knot = 0;
    double part = 0.0;
  };
  std::vector<Row> rows;
  std::vector<double> borders;
};

/// Whitens the rows of a pass and adds them to the equations.
void TimingFit::close_pass(OpenPass& pass, double& block_end) {
  if (pass.rows.empty()) return;
  std::optional<std::size_t> first;
  std::size_t last = 0;
  for (const OpenPass::Row& row : pass.rows) {
    if (row.slope == 0.0) continue;
    if (!first) first = row.knot;
    last = row.knot + 1;
  }
  if (!first) {
    first = reach_first_;
    last = reach_last_;
  }
  reach_first_ = *first;
  reach_last_ = last;
  equations_->reach(*first, last);
  const std::size_t border = border_.size();
  std::vector<double> whole(border + last - *first + 1);
  PassRows rows(whole.size());
  for (std::size_t i = 0; i < pass.rows.size(); ++i) {
    const OpenPass::Row& row = pass.rows[i];
    std::fill(std::copy_n(pass.borders.data() + i * border, border, whole.begin()), whole.end(),
              0.0);
    if (row.slope != 0.0) {
      const std::size_t at = border + row.knot - *first;
      whole[at] = row.slope * (1.0 - row.part);
      whole[at + 1] = row.slope * row.part;
    }
    rows.add(row.time, whole, now_.noise * now_.noise, row.slope, row.before_end);
  }
  rows.flush(now_.stamp_jitter, [&](double end, std::span<const double> row) {
    if (end > block_end) {
      equations_->begin_block();
      block_end = end + fit_.block_seconds;
    }
    equations_->add(end, row);
  });
  pass.rows.clear();
  pass.borders.clear();
}

/// The normal equations at the present timing.
void TimingFit::gather() {
  const ConversionRows rows = conversion_rows(readings_, *fit_.clock, latch_);
  const DriftBasis drift(readings_.before.front(), readings_.end());
  choose_border(drift.size());
  const std::size_t border = border_.size();
  // Sensitivity to the low-pass: the same conversions with a slightly longer one.
  const double more = std::max(5e-6, 0.05 * kernel_.board_low_pass);
  const auto levels = [&](const LoadPieces& load, double low_pass) {
    SensorKernel kernel = kernel_;
    kernel.board_low_pass = low_pass;
    return expected_levels(load, now_.watts, kernel, rows.end);
  };
  const std::vector<double> usual = levels(load_, kernel_.board_low_pass);
  const std::vector<double> slower = levels(load_, kernel_.board_low_pass + more);
  const std::vector<double> wider =
      wider_ != nullptr ? levels(*wider_, kernel_.board_low_pass) : std::vector<double>();

  const double length = readings_.end() - readings_.before.front();
  fit_.block_seconds = std::max(kLeastBlockSeconds, length / kMostBlocks);
  NoiseModel noise;
  // Rows come to the whitener in units of their own noise.
  noise.white = 1.0;
  noise.drift = now_.drift_variance / (now_.noise * now_.noise);
  noise.drift_time = kDriftTime;
  equations_.emplace(border, now_.knots.size(), noise);
  reach_first_ = 0;
  reach_last_ = 1;
  double block_end = -std::numeric_limits<double>::infinity();
  OpenPass open;
  std::size_t knot = 0;
  std::size_t pass = 0;
  ResidualNoise residuals;
  SlowResidual slow_residual(fit_.clock->period());
  std::vector<double> whole(border);
  double squares = 0.0;
  // Where in the border what stands behind the load is.
  const std::size_t idle =
      border - 1 - static_cast<std::size_t>(layout_.columns() - 1 - layout_.idle());
  const std::size_t first_drift = idle + 1;
  const std::size_t low_pass = first_drift + drift.size();
  visit_design_rows(load_, kernel_, rows.end, [&](const DesignRow& row) {
    const double end = rows.end[row.index];
    double level = 0.0;
    double slope = 0.0;
    std::fill(whole.begin(), whole.end(), 0.0);
    for (const int column : row.touched) {
      const auto c = static_cast<std::size_t>(column);
      level += row.shares[c] * now_.watts[c];
      slope += row.slope[c] * now_.watts[c];
      if (place_[c] != kNowhere) whole[place_[c]] = row.shares[c];
    }
    const double y = readings_.watts[rows.read[row.index]];
    whole[idle] = 1.0;
    drift.fill(end, std::span(whole).subspan(first_drift, drift.size()));
    while (knot + 2 < now_.knots.size() && now_.knots[knot + 1].time <= end) ++knot;
    const double part =
        (end - now_.knots[knot].time) / (now_.knots[knot + 1].time - now_.knots[knot].time);
    whole[low_pass] = (slower[row.index] - usual[row.index]) / more;
    if (wider_ != nullptr) {
      whole[low_pass + 1] = (wider[row.index] - usual[row.index]) / wider_by_;
    }
    whole.back() = y;
    double expected = level + now_.idle;
    for (std::size_t d = 0; d < now_.drift.size(); ++d) {
      expected += now_.drift[d] * whole[first_drift + d];
    }
    const double r = y - expected;
    squares += std::min(r * r, worst_ * worst_);
    if (pass < load_.pass_begins.size() && end >= load_.pass_begins[pass]) {
      close_pass(open, block_end);
      while (pass < load_.pass_begins.size() && end >= load_.pass_begins[pass]) ++pass;
    }
    const double before_end = pass > 0 ? std::max(0.0, pass_ends_[pass - 1] - end) : 0.0;
    residuals.add(r, slope, before_end);
    const double by_jitter = slope * std::sqrt(now_.stamp_jitter.variance(before_end));
    // A read that the model cannot have: a stall that was not seen, a straddle.
    const double reject = std::max(now_.reject.value_or(std::abs(r)),
                                   kRejectDeviations * std::hypot(now_.noise, by_jitter));
    if (std::abs(r) > reject) return;
    slow_residual.add(end, r);
    open.rows.push_back({end, slope, before_end, knot, part});
    open.borders.insert(open.borders.end(), whole.begin(), whole.end());
  });
  close_pass(open, block_end);
  equations_->close();
  fit_.rows = equations_->rows();
  take_residuals(residuals, slow_residual, squares);
}

/// Noise, jitter and drift that the next step assumes.
void TimingFit::take_residuals(const ResidualNoise& residuals, SlowResidual& slow_residual,
                               double squares) {
  if (residuals.size() == 0) {
    now_.mean_square = std::numeric_limits<double>::infinity();
    return;
  }
  now_.mean_square = squares / static_cast<double>(residuals.size());
  // Where passes run in step with conversions many rows repeat one reading, and the median of their
  // residuals is next to nothing; what was rounded away stays unknown all the same.
  now_.noise = std::max({residuals.noise(), readings_.step / std::sqrt(12.0), 1e-6});
  // Before the clock has settled its errors would pass for jitter.
  if (steps_done_ >= kEarlySteps) {
    now_.drift_variance = 0.5 * kDriftTime * slow_residual.walk_rate(now_.noise * now_.noise);
    now_.stamp_jitter = wider_ != nullptr ? residuals.growing_jitter(now_.noise)
                                          : PassJitter{residuals.jitter(now_.noise), 0.0};
    now_.stamp_jitter.shared = std::min(now_.stamp_jitter.shared, kMostJitter);
    if (readings_.step > 0.0) {
      fit_.rounding = rounding_error(residuals.before_rounding(readings_.step), readings_.step);
      fit_.idle_rounding = fit_.rounding;
    }
  }
  now_.reject = std::max(kRejectDeviations * now_.noise,
                         steps_done_ < kEarlySteps ? kEarlyPart * worst_ : 0.0);
}

/// The oscillator bends the clock only a little from knot to knot.
std::vector<KnotBend> TimingFit::bends() const {
  std::vector<KnotBend> bends;
  for (std::size_t i = 1; i + 1 < now_.knots.size(); ++i) {
    const double count = now_.knots[i].conversion - now_.knots[i - 1].conversion;
    const double before = (now_.knots[i].time - now_.knots[i - 1].time) / count;
    const double after = (now_.knots[i + 1].time - now_.knots[i].time) /
                         (now_.knots[i + 1].conversion - now_.knots[i].conversion);
    const double apart = now_.knots[i].time - now_.knots[i - 1].time;
    bends.push_back({-(after - before) * count, kKnotBend * apart * std::sqrt(apart)});
  }
  return bends;
}

/// Products of the border, with what is known of the low-pass, at the places of the layout.
Eigen::MatrixXd TimingFit::at_layout(const Eigen::MatrixXd& border) const {
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(layout_.columns(), layout_.columns());
  for (std::size_t i = 0; i < border_.size(); ++i) {
    for (std::size_t j = 0; j < border_.size(); ++j) {
      all(border_[i], border_[j]) =
          border(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    }
  }
  return all;
}

/// The low-pass is not long.
void TimingFit::expect_low_pass(Eigen::MatrixXd& products) const {
  expect(layout_.first_low_pass(), kUsualBoardLowPass - kernel_.board_low_pass, kLowPassPrior,
         products);
}

/// By one step from the equations of the last good position.
void TimingFit::move() {
  const ChainElimination chain(*before_equations_, bends(), damping_);
  Eigen::MatrixXd products = at_layout(chain.border()) + power_prior(layout_, load_, expected_);
  expect_low_pass(products);
  if (damping_ > 0.0) {
    const Eigen::MatrixXd own = at_layout(before_equations_->border_products());
    const int y = layout_.unknowns();
    const auto stay = [&](int column, double value) {
      const double weight = damping_ * own(column, column);
      products(column, column) += weight;
      products(column, y) += weight * value;
      products(y, column) += weight * value;
    };
    for (int c = 0; c < layout_.load; ++c) stay(c, now_.watts[static_cast<std::size_t>(c)]);
    stay(layout_.idle(), now_.idle);
    for (int c = layout_.first_low_pass(); c < layout_.unknowns(); ++c) stay(c, 0.0);
  }
  if (wider_ != nullptr) {
    // The load stays as it is until the caller lays it anew, so all else must fit to it as it is;
    // how it should be laid is what a step that is free to go there says.
    const int gap = layout_.first_low_pass() + 1;
    gap_change_ = solve_normal_equations(products, Wanted::kValue).value[gap];
    products(gap, gap) *= kPinned;
  }
  const Eigen::VectorXd value = solve_normal_equations(products, Wanted::kValue).value;
  now_.watts.assign(value.data(), value.data() + layout_.load);
  now_.idle = value[layout_.idle()];
  now_.drift.assign(value.data() + layout_.first_drift(), value.data() + layout_.first_initial());
  Eigen::VectorXd border(static_cast<Eigen::Index>(border_.size()) - 1);
  for (Eigen::Index i = 0; i < border.size(); ++i) {
    border[i] = value[border_[static_cast<std::size_t>(i)]];
  }
  const Eigen::VectorXd knots = chain.knots(border);
  moved_ = 0.0;
  for (std::size_t i = 0; i < now_.knots.size(); ++i) {
    const double change = std::clamp(knots[static_cast<Eigen::Index>(i)], -kMostStep, kMostStep);
    now_.knots[i].time += change;
    moved_ = std::max(moved_, std::abs(change));
  }
  const double slower_by =
      std::clamp(value[layout_.first_low_pass()], -kMostLowPassStep, kMostLowPassStep);
  now_.board_low_pass = std::clamp(now_.board_low_pass + slower_by, 0.0, kMostLowPass);
  set_clock();
}

double TimingFit::step() {
  gather();
  if (now_.mean_square > kWorse * before_.mean_square) {
    now_ = before_;
    set_clock();
    damping_ = std::max(kFirstDamping, kMoreDamping * damping_);
  } else {
    before_ = now_;
    before_equations_ = std::move(equations_);
    damping_ = damping_ > kFirstDamping ? damping_ / kMoreDamping : 0.0;
  }
  move();
  ++steps_done_;
  return moved_;
}

void TimingFit::steps(int most) {
  for (int i = 0; i < most; ++i) {
    if (step() < kSettled && steps_done_ > kEarlySteps + 2) return;
  }
}

void TimingFit::place_latch() {
  const PredictedLoad predicted(load_, kernel_, now_.watts, now_.idle, readings_.before.front(),
                                readings_.end());
  const double length = readings_.usual_length;
  const LatchPlace middle = latch_;
  const double cut = std::min(worst_, std::max(10.0 * now_.noise, 0.2 * worst_));
  double least = std::numeric_limits<double>::infinity();
  // A fortieth of a read of 1 ms: the jitter of a stamp.
  constexpr double kStep = 0.025;
  // The latch lies within the read, wherever it was assumed.
  for (double place = 0.0; place <= 1.0; place += kStep) {
    const LatchPlace tried{middle.fraction, (middle.fraction - place) * length};
    double sum = 0.0;
    for (std::size_t k = 0; k < readings_.size(); ++k) {
      const double whole = std::floor(fit_.clock->conversion_at(tried.time(readings_, k)));
      const double r = readings_.watts[k] - predicted.at(fit_.clock->time_of(whole));
      sum += std::min(r * r, cut * cut);
    }
    if (sum >= least) continue;
    least = sum;
    latch_ = tried;
  }
}

FineFit TimingFit::finish() {
  gather();
  if (now_.mean_square > kWorse * before_.mean_square) {
    now_ = before_;
    set_clock();
    gather();
  }
  const ChainElimination chain(*equations_, bends());
  SteadyEquations steady;
  steady.layout = layout_;
  steady.columns = border_;
  steady.blocks = equations_->blocks();
  steady.shift = chain.shift();
  Eigen::MatrixXd total = at_layout(chain.border());
  expect_low_pass(total);
  eliminate_timing(steady, chain.blocks(), total, fit_);
  fit_.eliminated += static_cast<int>(now_.knots.size());
  fit_.watts = now_.watts;
  fit_.idle = now_.idle;
  fit_.kernel = kernel_;
  fit_.period = fit_.clock->period();
  fit_.noise = now_.noise;
  fit_.visible_after = latch_.earlier;
  return fit_;
}

}  // namespace layerwatt
