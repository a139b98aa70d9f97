#include "attribution/clock/clock_candidates.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "attribution/clock/load_clock.h"

namespace layerwatt {
namespace {

/// Length of the first stretch, in conversions: enough readings for the powers of fifty layers.
constexpr double kFirstConversions = 400.0;
constexpr std::size_t kLeastReadings = 60;
/// Where the first stretch holds fewer: three for each of fifty layers.
constexpr double kEnoughReadings = 150.0;
/// Each stretch is longer than the last by this factor, up to so many seconds.
constexpr double kGrowth = 3.0;
constexpr double kLongestStretch = 10.0;
/// Where in a read the register may be latched; a long lag looks like a latch before the read.
constexpr std::array kLatchPlaces = {0.2, 0.45, 0.7, 0.95};
constexpr double kFirstPlace = -0.2;
/// How far a true place may be from the nearest of those, in reads.
constexpr double kPlaceDoubt = 0.13;
/// Ends are tried in steps of this where a register tells the rest.
constexpr double kShiftStep = 40e-6;
constexpr std::size_t kSeedsPerPlace = 60;
/// Steps of ends in a long conversion, and reads of one that are looked at, for the first seeds.
constexpr double kStepsPerWindow = 6.0;
constexpr double kReadsPerConversion = 2.0;
/// How many are left after each stage.
constexpr std::size_t kFitted = 16;
constexpr std::size_t kGrown = 6;
constexpr std::size_t kKept = 4;
constexpr int kSteps = 5;
/// A clock that leaves so many times what the best one leaves is given up.
constexpr double kHopeless = 16.0;

struct Seed {
  ConversionClock clock;
  LatchPlace latch;
};

double left_by(const TimingFit::Start& start) { return start.powers.mean_square; }

class CandidateSearch {
 public:
  CandidateSearch(const ClockCandidatesInput& input, double place)
      : input_(input), load_(*input.load), middle_(0.0) {
    middle_ = load_.begin() + place * (load_.end() - load_.begin());
    worst_ = std::sqrt(input.rough.mean_square);
  }

  std::vector<ClockCandidate> run() {
    // Few readings tell a clock whose signal is clear; the chip's is known, and may be needed where
    // it is not.
    double half = input_.of_chip != nullptr ? 0.5 * kLongestStretch
                                            : 0.5 * kFirstConversions * input_.sensor.period;
    set_stretch(half);
    // A board that is read rail by rail has few readings of each.
    if (readings_.size() < kLeastReadings && readings_.size() > 0) {
      half =
          half_length_with(*input_.readings, middle_, half, kEnoughReadings, 0.5 * kLongestStretch);
      set_stretch(half);
    }
    if (readings_.size() < kLeastReadings) return {};
    const std::vector<Seed> seeds = input_.of_chip != nullptr ? seeds_by_chip()
                                    : input_.by_register      ? seeds_by_register()
                                                              : seeds_by_load();
    std::vector<TimingFit::Start> starts;
    for (const Seed& seed : seeds) {
      auto powers =
          powers_at_clock(readings_, stretch_, kernel(), seed.clock, seed.latch, input_.rough);
      if (!powers) continue;
      const double noise = std::sqrt(std::max(powers->mean_square, 1e-12));
      starts.push_back({seed.clock, seed.latch, *std::move(powers), kUsualBoardLowPass, noise});
    }
    std::ranges::stable_sort(starts, {}, left_by);
    if (starts.size() > kFitted) starts.erase(starts.begin() + kFitted, starts.end());
    fit(starts, kGrown);
    bool tried_shifts = false;
    while (!starts.empty() && half < 0.5 * kLongestStretch &&
           2.0 * half < load_.end() - load_.begin()) {
      half = std::min(kGrowth * half, 0.5 * kLongestStretch);
      set_stretch(half);
      fit(starts, kKept);
      if (tried_shifts || starts.empty()) continue;
      tried_shifts = true;
      add_shifted(starts);
      fit(starts, kKept);
    }
    std::vector<ClockCandidate> found;
    for (TimingFit::Start& start : starts) {
      found.push_back({std::move(start), middle_ - half, middle_ + half});
    }
    return found;
  }

 private:
  void set_stretch(double half) {
    readings_ = input_.readings->between(middle_ - half, middle_ + half);
    // Conversions that end in the stretch began before it.
    stretch_ = cut_out(load_, middle_ - half - 4.0 * input_.sensor.period - 2e-3, middle_ + half);
  }
  SensorKernel kernel() const {
    return input_.sensor.kernel(input_.sensor.period, kUsualBoardLowPass);
  }

  std::vector<Seed> seeds_by_register() const {
    const RecoveredClock& recovered = *input_.by_register;
    std::vector<Seed> seeds;
    const double length = readings_.usual_length;
    for (double place = kFirstPlace; place <= 1.0; place += kShiftStep / length) {
      const double earlier = (recovered.latch.fraction - place) * length;
      seeds.push_back({recovered.clock.shifted(-earlier), {recovered.latch.fraction, earlier}});
    }
    return seeds;
  }

  std::vector<Seed> seeds_by_chip() const {
    const ChipTiming& chip = *input_.of_chip;
    const auto count = static_cast<std::size_t>(std::ceil(chip.clock.period() / kShiftStep));
    std::vector<Seed> seeds;
    seeds.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      seeds.push_back({chip.clock.shifted(static_cast<double>(i) * kShiftStep), chip.latch});
    }
    return seeds;
  }

  std::vector<Seed> seeds_by_load() const {
    SensorKernel kernel = this->kernel();
    const PredictedLoad predicted(stretch_, kernel, input_.rough.watts, input_.rough.idle,
                                  readings_.before.front(), readings_.end());
    const double low = input_.sensor.period * (1.0 - input_.tolerance);
    const double high = input_.sensor.period * (1.0 + input_.tolerance);
    std::vector<Seed> seeds;
    for (const double place : kLatchPlaces) {
      const LatchPlace latch{place, 0.0};
      LatchedReadings latched;
      latched.jitter = std::min((kLatchJitter + kPlaceDoubt) * readings_.usual_length,
                                0.3 * input_.sensor.period);
      // Work grows with the third power of the period otherwise: conversions of 8 ms took an hour.
      latched.end_step = std::max(latched.end_step, input_.sensor.window / kStepsPerWindow);
      for (std::size_t k = 0; k < readings_.size(); k += each_read()) {
        latched.time.push_back(latch.time(readings_, k));
        latched.watts.push_back(readings_.watts[k]);
      }
      const LoadClockSearch search(predicted, latched, 0.25 * predicted.spread() + 1e-9);
      for (const auto& lock : search.acquire(0, latched.time.size(), low, high, kSeedsPerPlace)) {
        seeds.push_back(
            {ConversionClock(load_.origin, {{0.0, lock.end}, {1.0, lock.end + lock.period}}),
             latch});
      }
    }
    return seeds;
  }

  /// Reads of one register within a conversion say the same, but for those near its end.
  std::size_t each_read() const {
    const double apart = (readings_.end() - readings_.before.front()) /
                         static_cast<double>(std::max<std::size_t>(1, readings_.size()));
    const double reads = input_.sensor.period / std::max(apart, 1e-9);
    return static_cast<std::size_t>(std::max(1.0, std::floor(reads / kReadsPerConversion)));
  }

  /// Where passes run in step with conversions, clocks of one period and other phases explain the
  /// readings nearly as well: the best few of them all over a period are fitted too.
  void add_shifted(std::vector<TimingFit::Start>& starts) const {
    const TimingFit::Start best = starts.front();
    const double length = readings_.usual_length;
    const double period = best.clock.period();
    const double place = best.latch.fraction - best.latch.earlier / length;
    SensorKernel kernel = this->kernel();
    kernel.board_low_pass = best.board_low_pass;
    std::vector<TimingFit::Start> shifted;
    // A period to either side: the latch must stay within the read.
    for (double shift = kShiftStep - period; shift < period; shift += kShiftStep) {
      const double shifted_place = place + shift / length;
      if (std::abs(shift) < kShiftStep || shifted_place < kFirstPlace || shifted_place > 1.0) {
        continue;
      }
      TimingFit::Start start = best;
      start.clock = best.clock.shifted(shift);
      start.latch.earlier -= shift;
      auto powers =
          powers_at_clock(readings_, stretch_, kernel, start.clock, start.latch, input_.rough);
      if (!powers) continue;
      start.powers = *std::move(powers);
      shifted.push_back(std::move(start));
    }
    for (std::size_t i = 0; i < shifted.size(); ++i) {
      const double here = shifted[i].powers.mean_square;
      if (i > 0 && shifted[i - 1].powers.mean_square < here) continue;
      if (i + 1 < shifted.size() && shifted[i + 1].powers.mean_square < here) continue;
      starts.push_back(shifted[i]);
      starts.back().noise = std::sqrt(std::max(here, 1e-12));
    }
  }

  /// Fits each to the present stretch; the best `most` of them, no two alike, stay.
  void fit(std::vector<TimingFit::Start>& starts, std::size_t most) const {
    for (TimingFit::Start& start : starts) {
      TimingFit timing(readings_, stretch_, input_.sensor, worst_, start);
      timing.steps(kSteps);
      if (input_.of_chip == nullptr) timing.place_latch();
      timing.steps(2);
      start = timing.state();
    }
    std::ranges::stable_sort(starts, {}, left_by);
    std::vector<TimingFit::Start> kept;
    for (TimingFit::Start& start : starts) {
      if (kept.size() == most) break;
      if (!kept.empty() && start.powers.mean_square > kHopeless * kept.front().powers.mean_square) {
        break;
      }
      const bool is_like_another = std::ranges::any_of(
          kept, [&](const TimingFit::Start& better) { return are_alike(start, better); });
      if (!is_like_another) kept.push_back(std::move(start));
    }
    starts = std::move(kept);
  }

  /// Do both see the same conversions, all over the stretch?
  bool are_alike(const TimingFit::Start& a, const TimingFit::Start& b) const {
    for (const double t : {readings_.before.front(), readings_.end()}) {
      const double end = a.clock.time_of(std::round(a.clock.conversion_at(t)));
      const double apart = b.clock.conversion_at(end);
      if (std::abs(apart - std::round(apart)) * b.clock.period() > kShiftStep) return false;
    }
    return true;
  }

  const ClockCandidatesInput& input_;
  const LoadPieces& load_;
  double middle_;
  double worst_ = 1.0;
  FastReadings readings_;
  LoadPieces stretch_;
};

}  // namespace

std::vector<ClockCandidate> clock_candidates(const ClockCandidatesInput& input, double place) {
  return CandidateSearch(input, place).run();
}

}  // namespace layerwatt
