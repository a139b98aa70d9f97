#include "attribution/checks/stamps_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "layerwatt/core/numbers.h"

#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

/// Two reads within a microsecond happen; a good part of them does not.
constexpr double kGoodPart = 0.2;
constexpr std::size_t kLeastReadings = 20;

}  // namespace

std::optional<CoarseStamps> spread_coarse_stamps(PowerTrace& trace) {
  const std::size_t size = trace.size();
  if (size < kLeastReadings || trace.before != trace.after) return std::nullopt;
  std::vector<std::size_t> first = {0};
  for (std::size_t k = 1; k < size; ++k) {
    if (trace.before[k] != trace.before[k - 1]) first.push_back(k);
  }
  if (static_cast<double>(size - first.size()) < kGoodPart * static_cast<double>(size)) {
    return std::nullopt;
  }
  CoarseStamps coarse;
  if (first.size() == 1) {
    coarse.is_refusal = true;
    coarse.finding = {RecordingCheck::kStamps,
                      "all readings have one stamp: when each was read is not known"};
    return coarse;
  }
  std::vector<double> ticks;
  for (std::size_t i = 1; i < first.size(); ++i) {
    ticks.push_back(to_seconds(trace.before[first[i]] - trace.before[first[i - 1]]));
  }
  coarse.tick_seconds = median_of(std::move(ticks));
  const Duration tick = from_seconds(coarse.tick_seconds);
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::size_t last = i + 1 < first.size() ? first[i + 1] : size;
    const Instant from = trace.before[first[i]];
    // Behind a hole they are not spread over it.
    const Duration span = i + 1 < first.size() ? std::min(trace.before[last] - from, tick) : tick;
    const auto count = static_cast<std::int64_t>(last - first[i]);
    for (std::size_t k = first[i]; k < last; ++k) {
      trace.before[k] = from + span * static_cast<std::int64_t>(k - first[i]) / count;
    }
  }
  trace.after = trace.before;
  coarse.finding = {
      RecordingCheck::kStamps,
      fmt::format("{} of {} readings have the stamp of the one before: stamps are of a clock that "
                  "ticks every {}. Readings were spread evenly from stamp to stamp, and layers are "
                  "not told.",
                  format_grouped(static_cast<std::int64_t>(size - first.size())),
                  format_grouped(static_cast<std::int64_t>(size)),
                  format_si(coarse.tick_seconds, "s"))};
  return coarse;
}

}  // namespace layerwatt
