#include "experiment/join/stretch_energy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "layerwatt/attribution/span_energy.h"

namespace layerwatt {
namespace {

constexpr Duration kLongestPause = std::chrono::milliseconds(50);
constexpr Duration kShortestBlock = std::chrono::seconds(1);
constexpr Duration kQuiet = std::chrono::seconds(5);
constexpr Duration kShortestQuiet = std::chrono::seconds(2);
/// Stretches begin at least so far apart: a tenth of the shortest.
constexpr Duration kQuietStep = std::chrono::milliseconds(200);

double half_width_of(const Estimate<Watts>& estimate) {
  if (!estimate.low || !estimate.high) return 0.0;
  return (*estimate.high - *estimate.low).value() / 2.0;
}

/// Mean power above idle of each block.
std::vector<double> powers_of_blocks(std::span<const MarkedRegion::Span> stretches,
                                     const PowerTrace& total, double idle) {
  Duration block = kShortestBlock;
  if (const auto filter = effective_time_constant(total.rail.model)) {
    block = std::max(block, 5 * *filter);
  }
  std::vector<double> powers;
  for (const MarkedRegion::Span& stretch : stretches) {
    const Duration length = stretch.end - stretch.start;
    const auto blocks = std::max<std::int64_t>(1, length / block);
    for (std::int64_t i = 0; i < blocks; ++i) {
      const Instant from = stretch.start + length * i / blocks;
      const Instant to = stretch.start + length * (i + 1) / blocks;
      const auto energy = energy_between(total, from, to);
      if (energy && to > from) powers.push_back(energy->value() / to_seconds(to - from) - idle);
    }
  }
  return powers;
}

/// Whether half of the stretch from reading `first` on, or more, has no reading: what is drawn
/// between two readings would then be a guess.
bool has_hole(const PowerTrace& total, std::size_t first, Duration length) {
  const Instant end = total.when(first) + length;
  for (std::size_t k = first; k + 1 < total.size() && total.when(k) < end; ++k) {
    if (total.when(k + 1) - total.when(k) > length / 2) return true;
  }
  return false;
}

}  // namespace

std::vector<MarkedRegion::Span> united(std::vector<MarkedRegion::Span> spans) {
  std::ranges::sort(spans, {}, &MarkedRegion::Span::start);
  std::vector<MarkedRegion::Span> stretches;
  for (const MarkedRegion::Span& span : spans) {
    if (stretches.empty() || span.start - stretches.back().end > kLongestPause) {
      stretches.push_back(span);
    } else {
      stretches.back().end = std::max(stretches.back().end, span.end);
    }
  }
  return stretches;
}

StretchEnergy energy_of_stretches(std::string name, std::span<const MarkedRegion::Span> stretches,
                                  const PowerTrace& total,
                                  const std::optional<Estimate<Watts>>& idle) {
  StretchEnergy result;
  result.name = std::move(name);
  Joules sum(0.0);
  for (const MarkedRegion::Span& stretch : stretches) {
    result.time += stretch.end - stretch.start;
    const auto energy = energy_between(total, stretch.start, stretch.end);
    if (!energy) {
      result.reason = energy.error().message();
      return result;
    }
    sum += *energy;
  }
  if (!idle) {
    result.reason =
        "Idle power is not known: no idle stretch was recorded, and none was named apart.";
    return result;
  }
  const double seconds = to_seconds(result.time);
  const double value = sum.value() - idle->value.value() * seconds;
  result.energy = Estimate<Joules>{Joules(value), std::nullopt, std::nullopt};
  const RepeatedMean mean =
      mean_of_repeats(powers_of_blocks(stretches, total, idle->value.value()));
  if (!mean.half_width) {
    result.reason =
        "It is too short for an interval: two stretches of a second, and of five time "
        "constants of the sensor, would have one.";
    return result;
  }
  const double half = std::hypot(*mean.half_width, half_width_of(*idle)) * seconds;
  result.energy->low = Joules(value - half);
  result.energy->high = Joules(value + half);
  return result;
}

std::optional<Estimate<Watts>> quietest_outside(const PowerTrace& total,
                                                const MarkedRegion::Span& busy) {
  if (total.size() < 2) return std::nullopt;
  const MarkedRegion::Span parts[] = {{total.when(0), busy.start},
                                      {busy.end, total.when(total.size() - 1)}};
  for (const Duration length : {kQuiet, kShortestQuiet}) {
    std::optional<Watts> least;
    for (const MarkedRegion::Span& part : parts) {
      // From reading to reading: work depends on how many there are, not on the time they span.
      Instant next = part.start;
      for (std::size_t k = 0; k < total.size() && total.when(k) + length <= part.end; ++k) {
        if (total.when(k) < next) continue;
        next = total.when(k) + kQuietStep;
        if (has_hole(total, k, length)) continue;
        const auto energy = energy_between(total, total.when(k), total.when(k) + length);
        if (!energy) continue;
        const Watts power = *energy / length;
        if (!least || power.value() < least->value()) least = power;
      }
    }
    if (least) return Estimate<Watts>{*least, std::nullopt, std::nullopt};
  }
  return std::nullopt;
}

}  // namespace layerwatt
