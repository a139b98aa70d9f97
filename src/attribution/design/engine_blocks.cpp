#include "layerwatt/attribution/engine_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

/// Two ranges of two layers; of fewer layers a range would be the network, or a layer alone.
constexpr std::size_t kFewestLayers = 4;
/// Loading is forgotten after six time constants, and not the five that a layer settles in.
constexpr Duration::rep kMorePart = 5;
/// Idle readings of each block, behind the time in which loading is forgotten: as many as make the
/// mean of idle as well known as a block's.
constexpr Duration kIdleReadings = 500ms;
/// Of the time in which the sensor settles, five time constants: two blocks of one engine then
/// leave what a block's end and begin are rounded by below half a percent of a layer of 3 W
/// (τ · 40 mW / √12 each).
constexpr double kRunPart = 0.8;

}  // namespace

std::vector<LayerRange> layer_ranges(std::span<const Duration> run_times) {
  const std::size_t layers = run_times.size();
  if (layers < kFewestLayers) return {};
  const auto wanted = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(layers))));
  const Duration all = std::accumulate(run_times.begin(), run_times.end(), Duration(0));
  std::vector<LayerRange> ranges;
  std::size_t first = 0;
  Duration before{0};
  for (std::size_t i = 0; i < layers; ++i) {
    before += run_times[i];
    const std::size_t count = i + 1 - first;
    const std::size_t left = layers - i - 1;
    const auto due = static_cast<Duration::rep>(ranges.size() + 1);
    const bool is_long = before * static_cast<Duration::rep>(wanted) >= all * due;
    if (left == 0 || (count >= 2 && left >= 2 && is_long && ranges.size() + 1 < wanted)) {
      ranges.push_back({first, count});
      first = i + 1;
    }
  }
  // One range of all is the network.
  if (ranges.size() < 2) return {};
  return ranges;
}

EngineBlocks plan_engine_blocks(Duration settling) {
  EngineBlocks blocks;
  blocks.rest = settling + settling / kMorePart + kIdleReadings;
  const double run = kRunPart * to_seconds(settling);
  blocks.run = std::max<Duration>(1s, std::chrono::seconds(std::lround(std::ceil(run))));
  return blocks;
}

std::vector<std::int32_t> engine_block_order(std::size_t engines, std::uint64_t seed,
                                             std::int32_t set) {
  std::vector<std::int32_t> order(engines);
  std::iota(order.begin(), order.end(), 0);
  Random(seed, fmt::format("engine blocks {}", set)).shuffle(order);
  return order;
}

}  // namespace layerwatt
