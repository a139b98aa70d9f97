#include "attribution/fit/fast_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "attribution/clock/clock_candidates.h"
#include "attribution/clock/load_clock.h"
#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

/// Fewer cannot tell a clock from the many that are tried: some always fit by chance.
constexpr std::size_t kLeastReadings = 200;
/// Rough powers are found on a stretch of at most this length in the middle of the load.
constexpr double kRoughSeconds = 10.0;
/// A register tells the clock where reads are this much faster than conversions.
constexpr double kReadsPerConversion = 1.3;
/// A clock is found where it leaves less than this part of what the rough powers leave.
constexpr double kExplains = 0.3;
/// A right clock leaves at most so many times the variance of idle readings.
constexpr double kAsIdle = 2.0;
constexpr int kFullSteps = 8;
/// Bring a clock that is right to where the others are never as good.
constexpr int kFewSteps = 3;
/// Seconds between layers of which only the order and the run times are known: the likeliest first.
constexpr std::array kGaps = {4e-6, 0.0, 10e-6};
/// A clock that leaves less than this part is right, whatever the layers are still off.
constexpr double kExplainsWell = 0.05;
/// For derivatives: with fifty layers the first of a pass moves by 10 µs.
constexpr double kGapStep = 0.2e-6;
constexpr double kMostGapChange = 6e-6;
constexpr int kGapSteps = 4;
/// On the stretch in which the clock was found.
constexpr int kGapRounds = 3;
/// Over all readings, until the time between layers stays within this.
constexpr int kFullRounds = 4;
constexpr int kMoreSteps = 3;
constexpr double kGapSettled = 0.03e-6;
constexpr double kTrackSeconds = 0.4;
constexpr double kTrackConversions = 400.0;

class FastFit {
 public:
  explicit FastFit(const FastFitInput& input)
      : input_(input),
        load_(*input.load),
        readings_(fast_readings(*input.trace, input.load->origin)) {
    search_.readings = &readings_;
    search_.load = &load_;
    search_.sensor = {input.period, input.window, input.block_count};
    search_.of_chip = input.of_chip;
    if (input.of_chip == nullptr) return;
    search_.sensor.period = input.of_chip->clock.period();
    search_.sensor.window *= search_.sensor.period / input.period;
  }

  Result<FineFit> run();
  std::optional<ClockTrial> try_first();

 private:
  void find_rough_powers();
  double right_leaves() const;
  void find_register_clock();
  std::vector<ClockCandidate> find_candidates();
  std::vector<ClockCandidate> find_candidates_in_range();
  std::vector<ClockCandidate> find_candidates_and_gap();
  TimingFit::Start extend(const ClockCandidate& candidate) const;
  TimingFit::Start best_of_all(const std::vector<ClockCandidate>& candidates) const;
  double refine_gap(const FastReadings& readings, const LoadPieces& load, const LoadPieces& wider,
                    double gap, TimingFit::Start& start) const;

  FastFitInput input_;
  LoadPieces& load_;
  FastReadings readings_;
  ClockCandidatesInput search_;
  double gap_ = 0.0;
  /// Sensors are compared by what their clocks leave of the same stretch.
  bool one_place_ = false;
};

void FastFit::find_rough_powers() {
  const double middle = 0.5 * (load_.begin() + load_.end());
  const double from = std::max(load_.begin(), middle - 0.5 * kRoughSeconds);
  const double to = std::min(load_.end(), middle + 0.5 * kRoughSeconds);
  const LoadPieces stretch = cut_out(load_, from - 4.0 * input_.period, to);
  const double window = input_.block_count > 1 ? input_.period : input_.window;
  search_.rough = rough_powers(readings_.between(from, to), stretch, input_.period, window,
                               idle_level(readings_, load_));
}

/// What a right clock leaves at most, W²: what idle readings scatter by, and what rounding adds as
/// soon as power is not always the same.
double FastFit::right_leaves() const {
  const double by_rounding = readings_.step * readings_.step / 12.0;
  return kAsIdle * (idle_variance(readings_, load_, input_.period) + by_rounding);
}

void FastFit::find_register_clock() {
  if (input_.of_chip != nullptr) return;
  if (input_.period < kReadsPerConversion * usual_distance(readings_.before)) return;
  ClockSearch by_changes;
  by_changes.expected_period = from_seconds(input_.period);
  by_changes.tolerance = input_.tolerance;
  if (auto recovered = recover_conversion_clock(*input_.trace, by_changes)) {
    recovered->clock = recovered->clock.counted_from(load_.origin);
    search_.by_register = *std::move(recovered);
  }
}

/// Follows the clock over all readings.
TimingFit::Start FastFit::extend(const ClockCandidate& candidate) const {
  TimingFit::Start start = candidate.start;
  start.is_settled = false;
  const double middle = 0.5 * (candidate.from + candidate.to);
  const double conversion = std::floor(start.clock.conversion_at(middle));
  if (input_.of_chip != nullptr) {
    const ConversionClock& chip = input_.of_chip->clock;
    const double end = start.clock.time_of(conversion);
    start.clock = chip.shifted(end - chip.time_of(std::round(chip.conversion_at(end))));
    return start;
  }
  const double period = start.clock.period();
  const SensorKernel kernel = search_.sensor.kernel(period, start.board_low_pass);
  PredictedStretches predicted(load_, kernel, start.powers.watts, start.powers.idle,
                               readings_.before.front(), readings_.end());
  LatchedReadings latched;
  latched.watts = readings_.watts;
  latched.jitter = std::min(kLatchJitter * readings_.usual_length, 0.3 * period);
  for (std::size_t k = 0; k < readings_.size(); ++k) {
    latched.time.push_back(start.latch.time(readings_, k));
  }
  const double spread = predicted.over(candidate.from, candidate.to).spread();
  LoadClockSearch search(predicted, latched, std::max(4.0 * start.noise, 0.1 * spread));
  LoadClockSearch::Lock lock;
  lock.period =
      (start.clock.time_of(conversion + 500.0) - start.clock.time_of(conversion - 500.0)) / 1000.0;
  lock.end = start.clock.time_of(conversion);
  lock.middle = lock.end;
  start.clock = ConversionClock(
      load_.origin, search.track(lock, std::max(kTrackSeconds, kTrackConversions * period)));
  return start;
}

/// A rail that follows the load little may not tell in a stretch which of the candidates is right.
TimingFit::Start FastFit::best_of_all(const std::vector<ClockCandidate>& candidates) const {
  std::optional<TimingFit::Start> best;
  for (const ClockCandidate& candidate : candidates) {
    TimingFit fit(readings_, load_, search_.sensor, std::sqrt(search_.rough.mean_square),
                  extend(candidate));
    fit.steps(kFewSteps);
    if (best && fit.mean_square() >= best->powers.mean_square) continue;
    best = fit.state();
  }
  return *best;
}

/// Within the usual range of the period first, which is quick. A clock found there is right where
/// it leaves no more than idle readings leave; a wrong one can explain most of what long layers
/// draw.
std::vector<ClockCandidate> FastFit::find_candidates() {
  find_rough_powers();
  if (search_.of_chip != nullptr) return find_candidates_in_range();
  search_.tolerance = std::min(kUsualTolerance, input_.tolerance);
  auto usual = find_candidates_in_range();
  const auto left = [](const std::vector<ClockCandidate>& candidates) {
    return candidates.empty() ? std::numeric_limits<double>::infinity()
                              : candidates.front().start.powers.mean_square;
  };
  double enough = right_leaves();
  // Layers that are laid out roughly leave more, whatever the clock.
  if (input_.laid_with_gap) enough = std::max(enough, kExplainsWell * search_.rough.mean_square);
  if (left(usual) < enough || input_.tolerance <= kUsualTolerance) return usual;
  search_.tolerance = input_.tolerance;
  auto all = find_candidates_in_range();
  return left(all) < left(usual) ? all : usual;
}

std::vector<ClockCandidate> FastFit::find_candidates_in_range() {
  std::vector<ClockCandidate> candidates;
  double enough = kExplains * search_.rough.mean_square;
  if (input_.is_part) enough = std::max(enough, right_leaves());
  for (const double place : {0.5, 0.25, 0.75}) {
    auto found = clock_candidates(search_, place);
    if (found.empty()) continue;
    if (candidates.empty() ||
        found.front().start.powers.mean_square < candidates.front().start.powers.mean_square) {
      candidates = std::move(found);
    }
    if (one_place_ || candidates.front().start.powers.mean_square < enough) break;
  }
  return candidates;
}

/// Moves `start` and the time between layers, `gap`, to where they fit best; `wider` is the load
/// with the layers kGapStep further apart.
double FastFit::refine_gap(const FastReadings& readings, const LoadPieces& load,
                           const LoadPieces& wider, double gap, TimingFit::Start& start) const {
  TimingFit fit(readings, load, search_.sensor, std::sqrt(search_.rough.mean_square), start);
  fit.estimate_gap(wider, kGapStep);
  fit.steps(kGapSteps);
  start = fit.state();
  start.is_settled = true;
  return std::max(0.0, gap + std::clamp(fit.gap_change(), -kMostGapChange, kMostGapChange));
}

/// Layers that were laid back to back stand a little apart in truth: tries how far, first anew,
/// then from the best clock found.
std::vector<ClockCandidate> FastFit::find_candidates_and_gap() {
  std::vector<ClockCandidate> best;
  double gap = 0.0;
  for (const double tried : kGaps) {
    load_ = input_.laid_with_gap(tried);
    auto found = find_candidates();
    if (found.empty()) continue;
    if (!best.empty() &&
        found.front().start.powers.mean_square >= best.front().start.powers.mean_square) {
      continue;
    }
    best = std::move(found);
    gap = tried;
    if (best.front().start.powers.mean_square < kExplainsWell * search_.rough.mean_square) break;
  }
  if (best.empty()) return best;
  ClockCandidate& chosen = best.front();
  const FastReadings readings = readings_.between(chosen.from, chosen.to);
  const auto laid = [&](double apart) {
    return cut_out(input_.laid_with_gap(apart), chosen.from - 4.0 * input_.period - 2e-3,
                   chosen.to);
  };
  for (int round = 0; round < kGapRounds; ++round) {
    gap = refine_gap(readings, laid(gap), laid(gap + kGapStep), gap, chosen.start);
  }
  gap_ = gap;
  load_ = input_.laid_with_gap(gap_);
  best.erase(best.begin() + 1, best.end());
  return best;
}

std::optional<ClockTrial> FastFit::try_first() {
  if (readings_.size() < kLeastReadings || load_.pieces.empty()) return std::nullopt;
  one_place_ = true;
  find_register_clock();
  const std::vector<ClockCandidate> candidates =
      input_.laid_with_gap ? find_candidates_and_gap() : find_candidates();
  if (candidates.empty()) return std::nullopt;
  const ClockCandidate& best = candidates.front();
  return ClockTrial{best.start.powers.mean_square, search_.rough.mean_square,
                    idle_variance(readings_, load_, input_.period),
                    readings_.between(best.from, best.to).size()};
}

Result<FineFit> FastFit::run() {
  if (readings_.size() < kLeastReadings || load_.pieces.empty()) {
    return Error(ErrorCode::kUnknowable, "too few readings for the timing of single conversions");
  }
  find_register_clock();
  const std::vector<ClockCandidate> candidates =
      input_.laid_with_gap ? find_candidates_and_gap() : find_candidates();
  if (candidates.empty()) {
    return Error(ErrorCode::kUnknowable, "too few readings for the timing of single conversions");
  }
  const double worst = std::sqrt(search_.rough.mean_square);
  TimingFit::Start start =
      input_.of_chip != nullptr ? best_of_all(candidates) : extend(candidates.front());
  FineFit found;
  double left = 0.0;
  for (int round = 1;; ++round) {
    LoadPieces wider;
    TimingFit fit(readings_, load_, search_.sensor, worst, start);
    if (input_.laid_with_gap) {
      wider = input_.laid_with_gap(gap_ + kGapStep);
      fit.estimate_gap(wider, kGapStep);
    }
    fit.steps(round == 1 ? kFullSteps : kMoreSteps);
    left = fit.mean_square();
    if (!input_.laid_with_gap || round == kFullRounds || std::abs(fit.gap_change()) < kGapSettled) {
      found = fit.finish();
      break;
    }
    gap_ = std::max(0.0, gap_ + std::clamp(fit.gap_change(), -kMostGapChange, kMostGapChange));
    load_ = input_.laid_with_gap(gap_);
    start = fit.state();
    start.is_settled = true;
  }
  const bool explains =
      left <= kExplains * search_.rough.mean_square || (input_.is_part && left <= right_leaves());
  if (!explains) {
    found.hides_layers =
        "no clock of the sensor's conversions explains the readings: only the sum can be told";
    found.notes.emplace_back(
        "When the sensor's conversions ended was not found: the readings do not follow the layers "
        "with any clock near the declared one. Check that samples and stamps are of one clock, and "
        "the sensor's settings.");
  }
  return found;
}

}  // namespace

bool ClockTrial::explains() const {
  return left < kAsIdle * idle_variance || left < kExplains * left_without;
}

std::optional<ClockTrial> try_clock(const FastFitInput& input) {
  return FastFit(input).try_first();
}

Result<FineFit> fit_fast_sensor(const FastFitInput& input) { return FastFit(input).run(); }

}  // namespace layerwatt
