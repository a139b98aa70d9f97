#include "layerwatt/attribution/schedule.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "layerwatt/core/power_chips.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

/// In time constants. The filter need not settle, as how it does is known; more blocks tell more.
constexpr double kLongestBlock = 1.0;
/// What the filter holds over from a block is known as well as the register's steps are, which
/// shorter blocks multiply.
constexpr double kShortestBlock = 1.0 / 3.0;
/// Sensors that follow the load faster than this tell segments apart within a pass.
constexpr Duration kFastSensor = 10ms;
constexpr std::int32_t kHighRepeats = 8;
constexpr std::int32_t kHighRepeatsFast = 3;
/// Beyond the first: more would let what stamps cost weigh more than the layer does.
constexpr double kMostExtra = 100.0;
/// Of a segment that runs alone, in a pass.
constexpr double kMostAlone = 10'000.0;
/// Of the number of repeats from pass to pass, relative.
constexpr double kVariation = 0.5;
/// How often a segment that is high runs in a pass that leaves segments out.
constexpr double kRuns = 7.0 / 8.0;

/// A segment that runs alone does so for this long before the next pass begins: long against a
/// conversion cycle, short enough that no pass is like the other within a block.
constexpr Duration kFocus = 40ms;
/// Of a block in which a segment runs alone, as a part of the usual: shorter, and it is not known
/// to a few percent; longer, and it has all the time.
constexpr double kShortestPart = 0.4;
constexpr double kLongestPart = 2.0;
/// Of the blocks of a set, those in which all segments run once or not at all.
constexpr double kPartShare = 0.25;

/// Of a pass that repeats as much as most, and at most so long on average: longer pauses are idle.
constexpr double kPauseShare = 0.15;
constexpr Duration kLongestPause = 26ms;

/// Sylvester's Hadamard matrix has orders of powers of two; its first column is constant, and one
/// more belongs to what lies between executions.
std::size_t hadamard_order(std::size_t segments) { return std::bit_ceil(segments + 2); }

bool is_minus(std::size_t row, std::size_t column) { return std::popcount(row & column) % 2 != 0; }

/// Lengths of the blocks of single segments, their mean 1.
std::vector<double> parts_of_blocks(std::span<const Duration> run_times) {
  double sum = 0.0;
  for (const Duration d : run_times) sum += to_seconds(d);
  const double mean = sum / static_cast<double>(run_times.size());
  std::vector<double> parts;
  double all = 0.0;
  for (const Duration d : run_times) {
    const double root = mean > 0.0 ? std::sqrt(to_seconds(d) / mean) : 1.0;
    parts.push_back(std::clamp(root, kShortestPart, kLongestPart));
    all += parts.back() / static_cast<double>(run_times.size());
  }
  for (double& part : parts) part /= all;
  return parts;
}

/// Blocks without repeats in a set of blocks of single segments: an even number.
std::size_t parts_in_set(std::size_t segments) {
  const double parts = kPartShare / (1.0 - kPartShare) * static_cast<double>(segments);
  return 2 * std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(0.5 * parts)));
}

Duration scaled(Duration d, double factor) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(d.count()) * factor));
}

std::vector<double> extra_repeats(std::span<const Duration> run_times, std::int32_t high_repeats) {
  double sum = 0.0;
  for (const Duration d : run_times) sum += to_seconds(d);
  const double mean = sum / static_cast<double>(run_times.size());
  std::vector<double> extra;
  for (const Duration d : run_times) {
    // The sum of the errors of energies, time × error of power, is least for a given time where the
    // time that a segment repeats for grows with the square root of its run time.
    const double relative = d > Duration(0) ? std::sqrt(mean / to_seconds(d)) : kMostExtra;
    extra.push_back(std::clamp((high_repeats - 1) * relative, 1.0, kMostExtra));
  }
  return extra;
}

/// Half of the segments repeat in a pass.
Duration pause_for(std::span<const Duration> run_times, std::span<const double> extra) {
  double seconds = 0.0;
  for (std::size_t i = 0; i < run_times.size(); ++i) {
    seconds += to_seconds(run_times[i]) * (1.0 + 0.5 * extra[i]);
  }
  return std::min(kLongestPause, from_seconds(kPauseShare * seconds));
}

}  // namespace

WeighingPlan plan_weighing(std::size_t segments, std::optional<Duration> time_constant,
                           std::optional<Duration> duration) {
  WeighingPlan plan;
  const Duration tau = time_constant.value_or(ina3221::kStockInterval);
  if (tau < kFastSensor) {
    plan.set_size = hadamard_order(segments);
    plan.high_repeats = kHighRepeatsFast;
    plan.block_length = Duration(0);
    return plan;
  }
  plan.set_size = segments + parts_in_set(segments);
  plan.high_repeats = kHighRepeats;
  plan.focus = kFocus;
  plan.block_length = scaled(tau, kLongestBlock);
  if (duration) {
    const Duration share = *duration / static_cast<Duration::rep>(kWeighingSets * plan.set_size);
    plan.block_length = std::clamp(share, scaled(tau, kShortestBlock), plan.block_length);
  }
  return plan;
}

ScheduleNeeds needs_of(Schedule schedule, std::size_t segments,
                       std::optional<Duration> time_constant, Duration settling,
                       std::optional<Duration> duration) {
  switch (schedule) {
    case Schedule::kWhole:
      return {};
    case Schedule::kIsolated:
      return {.duration = settling * static_cast<Duration::rep>(segments), .blocks = {}};
    case Schedule::kWeighing:
      return {.duration = {}, .blocks = plan_weighing(segments, time_constant, duration)};
  }
  std::abort();
}

WeighingDesign::WeighingDesign(std::span<const Duration> run_times, std::int32_t high_repeats,
                               std::uint64_t seed, Duration focus)
    : extra_(extra_repeats(run_times, high_repeats)),
      random_(seed, "weighing"),
      rows_(hadamard_order(run_times.size())),
      columns_(run_times.size() + 1),
      flipped_(run_times.size() + 1),
      next_row_(rows_.size()),
      high_(run_times.size() + 1),
      repeats_(run_times.size()) {
  usual_pause_ = pause_for(run_times, extra_);
  if (focus <= Duration(0)) return;
  usual_pause_ = std::min(kLongestPause, scaled(focus, kPauseShare));
  for (const Duration d : run_times) {
    const double runs = d > Duration(0) ? to_seconds(focus) / to_seconds(d) : kMostExtra;
    alone_.push_back(std::clamp(runs, 1.0, kMostAlone));
  }
  alone_part_ = parts_of_blocks(run_times);
  kinds_.resize(run_times.size() + parts_in_set(run_times.size()));
  next_kind_ = kinds_.size();
}

void WeighingDesign::draw_rows() {
  std::iota(rows_.begin(), rows_.end(), std::size_t{0});
  random_.shuffle(rows_);
  std::vector<std::size_t> columns(rows_.size() - 1);
  std::iota(columns.begin(), columns.end(), std::size_t{1});
  random_.shuffle(columns);
  std::copy_n(columns.begin(), columns_.size(), columns_.begin());
  for (std::size_t i = 0; i < flipped_.size(); ++i) flipped_[i] = (random_.bits() >> 63) != 0;
  next_row_ = 0;
}

void WeighingDesign::draw_set() {
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    kinds_[i].alone = i < alone_.size() ? std::optional(i) : std::nullopt;
  }
  random_.shuffle(kinds_);
  const bool first = (random_.bits() >> 63) != 0;
  for (std::size_t i = 0; i < kinds_.size(); ++i) kinds_[i].has_pause = (i % 2 == 0) == first;
  next_kind_ = 0;
}

void WeighingDesign::take_row() {
  if (next_row_ == rows_.size()) draw_rows();
  const std::size_t row = rows_[next_row_++];
  for (std::size_t i = 0; i < high_.size(); ++i) {
    high_[i] = is_minus(row, columns_[i]) != flipped_[i];
  }
  has_pause_ = high_.back();
}

void WeighingDesign::begin_block() {
  begins_block_ = true;
  block_part_ = 1.0;
  runs_alone_.reset();
  if (kinds_.empty()) {
    take_row();
    leaves_out_ = next_row_ % 2 == 0;
    return;
  }
  if (next_kind_ == kinds_.size()) draw_set();
  const BlockKind& kind = kinds_[next_kind_++];
  runs_alone_ = kind.alone;
  leaves_out_ = !kind.alone;
  if (leaves_out_) {
    take_row();
  } else {
    has_pause_ = kind.has_pause;
    block_part_ = alone_part_[*kind.alone];
  }
}

void WeighingDesign::draw_repeats() {
  for (std::size_t i = 0; i < repeats_.size(); ++i) {
    repeats_[i] = 1;
    if (!high_[i]) continue;
    const double extra = extra_[i] * random_.uniform(1.0 - kVariation, 1.0 + kVariation);
    repeats_[i] += std::max(1, static_cast<std::int32_t>(std::lround(extra)));
  }
}

void WeighingDesign::draw_part() {
  if (begins_block_ && !kinds_.empty()) {
    // The network as it is, for the run times and for whoever maps whole passes alone.
    std::ranges::fill(repeats_, 1);
    return;
  }
  for (std::size_t i = 0; i < repeats_.size(); ++i) {
    repeats_[i] = high_[i] && random_.uniform() < kRuns ? 1 : 0;
  }
  // A pass in which nothing ran would be none.
  if (std::ranges::count(repeats_, 0) == std::ssize(repeats_)) std::ranges::fill(repeats_, 1);
}

void WeighingDesign::draw_alone(std::size_t segment) {
  std::ranges::fill(repeats_, 0);
  const double runs = alone_[segment] * random_.uniform(1.0 - kVariation, 1.0 + kVariation);
  repeats_[segment] = std::max(1, static_cast<std::int32_t>(std::lround(runs)));
}

std::span<const std::int32_t> WeighingDesign::next_pass() {
  if (runs_alone_) {
    draw_alone(*runs_alone_);
  } else if (leaves_out_) {
    draw_part();
  } else {
    draw_repeats();
  }
  begins_block_ = false;
  pause_ = Duration(0);
  if (has_pause_) {
    pause_ = scaled(usual_pause_, random_.uniform(1.0 - kVariation, 1.0 + kVariation));
  }
  return repeats_;
}

std::vector<std::int32_t> isolated_order(std::size_t segments, std::uint64_t seed) {
  std::vector<std::int32_t> order(segments);
  std::iota(order.begin(), order.end(), 0);
  Random(seed, "isolated").shuffle(order);
  return order;
}

}  // namespace layerwatt
