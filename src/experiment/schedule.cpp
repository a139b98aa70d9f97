#include "layerwatt/experiment/schedule.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStockTimeConstant = 430ms;
/// A first-order filter has settled to 1 % after 4.6 time constants.
constexpr double kSettled = 4.6;
/// Blocks shorter than this blur into one another, and more of them do not make up for it.
constexpr double kShortestBlock = 1.2;
/// Sensors that follow the load faster than this tell segments apart within a pass.
constexpr Duration kFastSensor = 10ms;
constexpr std::int32_t kHighRepeats = 5;
constexpr std::int32_t kHighRepeatsFast = 3;

/// Sylvester's Hadamard matrix has orders of powers of two; its first column is constant.
std::size_t hadamard_order(std::size_t segments) { return std::bit_ceil(segments + 1); }

bool is_minus(std::size_t row, std::size_t column) { return std::popcount(row & column) % 2 != 0; }

Duration scaled(Duration d, double factor) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(d.count()) * factor));
}

}  // namespace

WeighingPlan plan_weighing(std::size_t segments, std::optional<Duration> time_constant,
                           std::optional<Duration> duration) {
  WeighingPlan plan;
  plan.set_size = hadamard_order(segments);
  const Duration tau = time_constant.value_or(kStockTimeConstant);
  if (tau < kFastSensor) {
    plan.high_repeats = kHighRepeatsFast;
    plan.block_length = Duration(0);
    return plan;
  }
  plan.high_repeats = kHighRepeats;
  plan.block_length = scaled(tau, kSettled);
  if (duration) {
    const Duration share = *duration / static_cast<Duration::rep>(plan.set_size);
    plan.block_length = std::clamp(share, scaled(tau, kShortestBlock), plan.block_length);
  }
  return plan;
}

WeighingDesign::WeighingDesign(std::size_t segments, std::int32_t high_repeats, std::uint64_t seed)
    : high_repeats_(high_repeats),
      set_size_(hadamard_order(segments)),
      random_(seed, "weighing"),
      rows_(set_size_),
      columns_(segments),
      flipped_(segments),
      next_row_(set_size_),
      repeats_(segments) {}

void WeighingDesign::draw_set() {
  std::iota(rows_.begin(), rows_.end(), std::size_t{0});
  random_.shuffle(rows_);
  std::vector<std::size_t> columns(set_size_ - 1);
  std::iota(columns.begin(), columns.end(), std::size_t{1});
  random_.shuffle(columns);
  std::copy_n(columns.begin(), columns_.size(), columns_.begin());
  for (std::size_t i = 0; i < flipped_.size(); ++i) flipped_[i] = (random_.bits() >> 63) != 0;
  next_row_ = 0;
}

std::span<const std::int32_t> WeighingDesign::next_block() {
  if (next_row_ == set_size_) draw_set();
  const std::size_t row = rows_[next_row_++];
  for (std::size_t i = 0; i < repeats_.size(); ++i) {
    const bool high = is_minus(row, columns_[i]) != flipped_[i];
    repeats_[i] = high ? high_repeats_ : 1;
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
