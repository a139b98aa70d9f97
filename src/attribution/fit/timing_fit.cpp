#include "attribution/fit/timing_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "attribution/fit/priors.h"
#include "attribution/model/predicted_load.h"
#include "attribution/model/rounding.h"

namespace layerwatt {
namespace {

/// A board's filter before the chip that is slower is not seen: shunt filters of reference designs
/// are a few hundred microseconds at most (kUsualBoardLowPass).
constexpr double kMostLowPass = 2e-3;
/// Equations that took the noise for more than this many times what it is are gathered anew: beside
/// such noise what is known of powers beforehand would count for more than the readings.
constexpr double kMuchLess = 3.0;
/// Of one step of the fit: about half of the usual low-pass, within which rows bend little.
constexpr double kMostLowPassStep = 80e-6;
/// Knots of the clock: an oscillator's drift bends it by a microsecond within this time.
constexpr double kKnotSeconds = 2.0;
/// They stand at least so many readings apart.
constexpr double kKnotPeriods = 10.0;
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
/// Variances of drift that are tried, as a part of that of a row's noise: from what hundreds of
/// rows do not show to what no board drifts by. Neighbours differ by less than the likelihood
/// tells.
constexpr double kLeastDrift = 1e-2;
constexpr double kMostDrift = 1e2;
constexpr double kNextDrift = 2.0;

}  // namespace

TimingFit::TimingFit(const FastReadings& readings, const LoadPieces& load, const Sensor& sensor,
                     double worst, const Start& start)
    : readings_(readings),
      load_(load),
      observation_(readings, load, worst),
      sensor_(sensor),
      worst_(worst),
      latch_(start.latch) {
  now_.board_low_pass = start.board_low_pass;
  now_.watts = start.powers.watts;
  now_.idle = start.powers.idle;
  now_.noise = start.noise;
  if (start.is_settled) {
    steps_done_ = kEarlySteps;
    now_.stamp_jitter = start.stamp_jitter;
    now_.drift_variance = start.drift_variance;
  }
  expected_mean_ = std::max(std::abs(start.powers.mean(load)), 1e-6);
  expected_idle_ = now_.idle;
  const double length = readings_.end() - readings_.before.front();
  fit_.block_seconds = std::max(kLeastBlockSeconds, length / kMostBlocks);
  // At first the kernel is blurred as at the end of passes.
  choose_knots(start.clock);
  mean_before_end_ = observation_.mean_before_end();
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
  observation_.estimate_gap(wider, by);
}

/// The normal equations at the present timing; and noise, jitter and drift that the next step
/// assumes.
void TimingFit::observe() {
  auto [residuals, slow_residual, squares] =
      observation_.observe(now_, *fit_.clock, kernel_, latch_, fit_.block_seconds);
  fit_.rows = observation_.equations().rows();
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
    if (!drift_is_chosen_) {
      now_.drift_variance = 0.5 * kDriftTime * slow_residual.walk_rate(now_.noise * now_.noise);
    }
    now_.stamp_jitter = observation_.estimates_gap()
                            ? residuals.growing_jitter(now_.noise)
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

/// By one step from the equations of the last good position.
void TimingFit::move() {
  const ColumnLayout& layout = observation_.layout();
  const ChainElimination chain(*before_equations_, knot_bends(now_.knots), damping_);
  Eigen::MatrixXd products = observation_.at_layout(chain.border()) +
                             power_prior(layout, load_, expected_mean_, expected_idle_);
  expect_low_pass(layout, kernel_.board_low_pass, products);
  if (damping_ > 0.0) {
    const Eigen::MatrixXd own = observation_.at_layout(before_equations_->border_products());
    const int y = layout.unknowns();
    const auto stay = [&](int column, double value) {
      const double weight = damping_ * own(column, column);
      products(column, column) += weight;
      products(column, y) += weight * value;
      products(y, column) += weight * value;
    };
    for (int c = 0; c < layout.load; ++c) stay(c, now_.watts[static_cast<std::size_t>(c)]);
    stay(layout.idle(), now_.idle);
    for (int c = layout.first_low_pass(); c < layout.unknowns(); ++c) stay(c, 0.0);
  }
  if (observation_.estimates_gap()) {
    // The load stays as it is until the caller lays it anew, so all else must fit to it as it is;
    // how it should be laid is what a step that is free to go there says.
    const int gap = layout.first_low_pass() + 1;
    gap_change_ = solve_normal_equations(products, Wanted::kValue).value[gap];
    products(gap, gap) *= kPinned;
  }
  const Eigen::VectorXd value = solve_normal_equations(products, Wanted::kValue).value;
  now_.watts.assign(value.data(), value.data() + layout.load);
  now_.idle = value[layout.idle()];
  now_.drift.assign(value.data() + layout.first_drift(), value.data() + layout.first_initial());
  const std::vector<int>& places = observation_.border();
  Eigen::VectorXd border(static_cast<Eigen::Index>(places.size()) - 1);
  for (Eigen::Index i = 0; i < border.size(); ++i) {
    border[i] = value[places[static_cast<std::size_t>(i)]];
  }
  const Eigen::VectorXd knots = chain.knots(border);
  moved_ = 0.0;
  for (std::size_t i = 0; i < now_.knots.size(); ++i) {
    const double change = std::clamp(knots[static_cast<Eigen::Index>(i)], -kMostStep, kMostStep);
    now_.knots[i].time += change;
    moved_ = std::max(moved_, std::abs(change));
  }
  const double slower_by =
      std::clamp(value[layout.first_low_pass()], -kMostLowPassStep, kMostLowPassStep);
  now_.board_low_pass = std::clamp(now_.board_low_pass + slower_by, 0.0, kMostLowPass);
  set_clock();
}

double TimingFit::step() {
  const double assumed = now_.noise;
  observe();
  if (kMuchLess * now_.noise < assumed) observe();
  if (now_.mean_square > kWorse * before_.mean_square) {
    now_ = before_;
    set_clock();
    damping_ = std::max(kFirstDamping, kMoreDamping * damping_);
  } else {
    before_ = now_;
    before_equations_ = observation_.take_equations();
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

/// Minus twice the restricted log-likelihood, up to what the clock's knots make of it: they are
/// told by the edges of the load, which slow noise hardly touches.
double TimingFit::deviance_of_drift(double variance) {
  TimingPosition tried = now_;
  tried.drift_variance = variance;
  observation_.observe(tried, *fit_.clock, kernel_, latch_, fit_.block_seconds);
  const ChainElimination chain(observation_.equations(), knot_bends(now_.knots));
  const LeastSquares solved = solve_normal_equations(
      observation_.at_layout(chain.border()) +
          power_prior(observation_.layout(), load_, expected_mean_, expected_idle_),
      Wanted::kValue);
  return solved.residual + solved.log_determinant + observation_.equations().log_variance();
}

/// Observes where the last step led, or where it began if that was better.
void TimingFit::observe_better() {
  observe();
  if (now_.mean_square <= kWorse * before_.mean_square) return;
  now_ = before_;
  set_clock();
  observe();
}

void TimingFit::choose_drift() {
  drift_is_chosen_ = true;
  observe_better();
  const double white = now_.noise * now_.noise;
  double chosen = 0.0;
  double least = deviance_of_drift(chosen);
  for (double ratio = kLeastDrift; ratio <= kMostDrift; ratio *= kNextDrift) {
    const double deviance = deviance_of_drift(ratio * white);
    if (deviance >= least) continue;
    least = deviance;
    chosen = ratio * white;
  }
  now_.drift_variance = before_.drift_variance = chosen;
}

FineFit TimingFit::finish() {
  observe_better();
  const ChainElimination chain(observation_.equations(), knot_bends(now_.knots));
  SteadyEquations steady;
  steady.layout = observation_.layout();
  steady.columns = observation_.border();
  steady.blocks = observation_.equations().blocks();
  steady.shift = chain.shift();
  Eigen::MatrixXd total = observation_.at_layout(chain.border());
  expect_low_pass(steady.layout, kernel_.board_low_pass, total);
  eliminate_timing(steady, chain.blocks(), total, fit_);
  fit_.eliminated += static_cast<int>(now_.knots.size());
  fit_.watts = now_.watts;
  fit_.idle = now_.idle;
  fit_.kernel = kernel_;
  fit_.period = fit_.clock->period();
  fit_.noise = now_.noise;
  fit_.visible_after = latch_.earlier;
  fit_.latch_fraction = latch_.fraction;
  return fit_;
}

}  // namespace layerwatt
