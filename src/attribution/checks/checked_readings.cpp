#include "attribution/checks/checked_readings.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"

#include "attribution/model/fast_readings.h"
#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

/// Fewer idle readings than make a median are none; then the level that one in fifty is below.
constexpr std::size_t kLeastIdle = 5;
constexpr double kFewIdle = 0.02;
/// A read that went wrong is followed by ones that went right: buses recover within a few reads.
constexpr std::size_t kShortReadings = 5;
constexpr double kShortSeconds = 0.03;

}  // namespace

bool CheckedReadings::is_busy(std::size_t k) const {
  const auto next = std::upper_bound(busy.begin(), busy.end(), seconds[k],
                                     [](double t, const Stretch& s) { return t < s.begin; });
  return next != busy.begin() && seconds[k] < std::prev(next)->end;
}

CheckedReadings checked_readings(const PowerTrace& trace, const LoadPieces& load,
                                 std::optional<double> idle_apart) {
  CheckedReadings readings;
  for (std::size_t k = 0; k < trace.size(); ++k) {
    readings.seconds.push_back(to_seconds(trace.when(k) - load.origin));
    readings.watts.push_back(trace.power[k].value());
  }
  for (const Volts v : trace.voltage) readings.volts.push_back(v.value());
  for (const Amperes i : trace.current) readings.amperes.push_back(i.value());
  readings.step = power_step(trace);
  readings.busy = busy_stretches(load);
  readings.pass_begins = load.pass_begins;
  readings.idle_apart = idle_apart;
  return readings;
}

PowerTrace without(const PowerTrace& trace, std::span<const std::size_t> left_out) {
  PowerTrace kept;
  kept.rail = trace.rail;
  std::size_t next = 0;
  for (std::size_t k = 0; k < trace.size(); ++k) {
    if (next < left_out.size() && left_out[next] == k) {
      ++next;
      continue;
    }
    kept.before.push_back(trace.before[k]);
    kept.after.push_back(trace.after[k]);
    kept.power.push_back(trace.power[k]);
    if (!trace.voltage.empty()) kept.voltage.push_back(trace.voltage[k]);
    if (!trace.current.empty()) kept.current.push_back(trace.current[k]);
  }
  return kept;
}

double quantile(std::vector<double> values, double part) {
  const auto i = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + i, values.end());
  return values[static_cast<std::size_t>(i)];
}

double idle_level(const CheckedReadings& readings) {
  std::vector<double> idle;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.busy.empty() || readings.seconds[k] < readings.busy.front().begin) {
      idle.push_back(readings.watts[k]);
    }
  }
  return idle.size() >= kLeastIdle ? median_of(std::move(idle))
                                   : quantile(readings.watts, kFewIdle);
}

std::string share_of(std::size_t part, std::size_t all) {
  return fmt::format("{} of {} readings", format_grouped(static_cast<std::int64_t>(part)),
                     format_grouped(static_cast<std::int64_t>(all)));
}

std::vector<std::size_t> short_groups(const CheckedReadings& readings,
                                      const std::vector<bool>& is_odd) {
  std::vector<std::size_t> numbers;
  for (std::size_t k = 0; k < is_odd.size();) {
    if (!is_odd[k]) {
      ++k;
      continue;
    }
    const std::size_t first = k;
    while (k < is_odd.size() && is_odd[k]) ++k;
    if (k - first > kShortReadings &&
        readings.seconds[k - 1] - readings.seconds[first] > kShortSeconds) {
      continue;
    }
    for (std::size_t i = first; i < k; ++i) numbers.push_back(i);
  }
  return numbers;
}

}  // namespace layerwatt
