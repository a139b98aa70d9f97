#include "attribution/checks/spike_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Further beyond nearly all readings than those are apart from each other.
constexpr double kNearlyAll = 0.025;
constexpr double kBeyond = 1.0;
constexpr double kStepsBeyond = 6.0;
constexpr std::size_t kLeastReadings = 100;
constexpr std::size_t kLeastInState = 5;
/// Rayleigh's test (Mardia, Directional Statistics, 6.3.1): the mean vector of n random phases is
/// longer than √(ln(1/p)/n) with probability p, here one in ten million; and long enough to be of a
/// layer, not of whatever varies.
constexpr double kLogRare = 16.0;
constexpr double kTogether = 0.5;
constexpr std::size_t kLeastInPhase = 8;

struct Range {
  double low = 0.0;
  double high = 0.0;
};

std::optional<Range> usual_range(const CheckedReadings& readings, bool busy) {
  std::vector<double> values;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.is_busy(k) == busy) values.push_back(readings.watts[k]);
  }
  if (values.size() < kLeastInState) return std::nullopt;
  return Range{quantile(values, kNearlyAll), quantile(values, 1.0 - kNearlyAll)};
}

/// Whether readings lie at one place of the passes that they were read in.
bool is_of_passes(const CheckedReadings& readings, const std::vector<std::size_t>& numbers) {
  double sines = 0.0;
  double cosines = 0.0;
  std::size_t count = 0;
  const std::vector<double>& begins = readings.pass_begins;
  for (const std::size_t k : numbers) {
    const auto next = std::upper_bound(begins.begin(), begins.end(), readings.seconds[k]);
    if (next == begins.begin() || next == begins.end()) continue;
    const double begin = *std::prev(next);
    // 2π.
    constexpr double kTurn = 6.283185307179586;
    const double phase = kTurn * (readings.seconds[k] - begin) / (*next - begin);
    sines += std::sin(phase);
    cosines += std::cos(phase);
    ++count;
  }
  if (count < kLeastInPhase) return false;
  const double together = std::hypot(sines, cosines) / static_cast<double>(count);
  return together > std::max(kTogether, std::sqrt(kLogRare / static_cast<double>(count)));
}

}  // namespace

std::optional<CheckVerdict> check_spikes(const CheckedReadings& readings) {
  if (readings.size() < kLeastReadings) return std::nullopt;
  const auto busy = usual_range(readings, true);
  const auto idle = usual_range(readings, false);
  if (!busy && !idle) return std::nullopt;
  const Range one = busy ? *busy : *idle;
  const Range other = idle ? *idle : *busy;
  const Range usual{std::min(one.low, other.low), std::max(one.high, other.high)};
  const double beyond = kBeyond * (usual.high - usual.low) + kStepsBeyond * readings.step;
  std::vector<bool> is_odd;
  for (const double w : readings.watts) {
    is_odd.push_back(w < usual.low - beyond || w > usual.high + beyond);
  }
  std::vector<std::size_t> spikes = short_groups(readings, is_odd);
  if (spikes.empty() || is_of_passes(readings, spikes)) return std::nullopt;
  double greatest = 0.0;
  for (const std::size_t k : spikes) {
    if (std::abs(readings.watts[k]) > std::abs(greatest)) greatest = readings.watts[k];
  }
  return CheckVerdict{
      {RecordingCheck::kSpikes,
       fmt::format("{} lie far from all others (up to {}; others lie between {} and {}) and were "
                   "left out.",
                   share_of(spikes.size(), readings.size()), format_si(greatest, "W"),
                   format_si(usual.low, "W"), format_si(usual.high, "W"))},
      false,
      std::move(spikes)};
}

}  // namespace layerwatt
