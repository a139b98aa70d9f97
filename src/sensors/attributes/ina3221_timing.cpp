#include "sensors/attributes/ina3221_timing.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"
#include "layerwatt/core/power_chips.h"

namespace layerwatt {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// The largest interval that a kernel which leaves out the averaging can show: 3 × 2 × 8.244 ms.
constexpr std::int64_t kLongestCycleMs = 49;

/// How the driver rounds microseconds to the milliseconds it shows.
std::int64_t rounded_ms(std::int64_t us) { return (us + 500) / 1000; }

std::int64_t cycle_us(int channels, Duration conversion_time) {
  return channels * ina3221::kConversionsPerChannel * (conversion_time.count() / 1000);
}

/// The driver's own choice for a written interval (drivers/hwmon/ina3221.c,
/// ina3221_interval_ms_to_conv_time).
Duration nearest_conversion_time(std::int64_t interval_ms, std::int64_t samples, int channels) {
  const std::int64_t count = channels * samples;
  const Duration wanted = microseconds((interval_ms * 500 + count / 2) / count);
  return *std::min_element(ina3221::kConversionTimes.begin(), ina3221::kConversionTimes.end(),
                           [&](Duration a, Duration b) {
                             return std::chrono::abs(a - wanted) < std::chrono::abs(b - wanted);
                           });
}

/// Whether the driver's `update_interval` counts the averaging; absent where that is open.
std::optional<bool> counts_samples(const Ina3221Settings& settings) {
  if (*settings.update_interval > kLongestCycleMs) return true;
  if (*settings.samples == 1) return false;
  if (!settings.kernel) return std::nullopt;
  return *settings.kernel < std::pair(5, 14);
}

std::string seconds_text(Duration d) { return format_si(to_seconds(d), "s"); }

}  // namespace

std::vector<Duration> possible_conversion_times(const Ina3221Settings& settings) {
  std::vector<Duration> possible;
  if (!settings.samples || !settings.update_interval || settings.enabled_channels < 1) return {};
  if (*settings.samples < 1 || *settings.samples > ina3221::kAverages.back()) return {};
  const auto counting = counts_samples(settings);
  for (const Duration time : ina3221::kConversionTimes) {
    const std::int64_t cycle = cycle_us(settings.enabled_channels, time);
    const bool fits_cycle = rounded_ms(cycle) == *settings.update_interval;
    const bool fits_average = rounded_ms(cycle * *settings.samples) == *settings.update_interval;
    if ((counting != true && fits_cycle) || (counting != false && fits_average)) {
      possible.push_back(time);
    }
  }
  return possible;
}

SensorModel ina3221_model(const Ina3221Settings& settings) {
  SensorModel model;
  model.provenance = Provenance::kDeclared;
  const auto shown = [](const std::optional<std::int64_t>& value) {
    return value ? fmt::format("{}", *value) : std::string("unreadable");
  };
  model.source = fmt::format("samples={}, update_interval={}, {} channel{} enabled",
                             shown(settings.samples), shown(settings.update_interval),
                             settings.enabled_channels, settings.enabled_channels == 1 ? "" : "s");
  if (settings.samples && *settings.samples >= 1 &&
      *settings.samples <= ina3221::kAverages.back()) {
    model.average_count = static_cast<int>(*settings.samples);
    model.averaging = *settings.samples > 1 ? Averaging::kExponential : Averaging::kNone;
  }
  const std::vector<Duration> possible = possible_conversion_times(settings);
  if (possible.empty()) {
    if (settings.samples && settings.update_interval) {
      model.source +=
          "; no conversion time of the chip gives that interval, so the time constant "
          "is not known: measure it";
    }
    return model;
  }
  const Duration stock =
      nearest_conversion_time(ina3221::kStockInterval / milliseconds(1), ina3221::kStockAverages,
                              settings.enabled_channels);
  const bool stock_fits = std::find(possible.begin(), possible.end(), stock) != possible.end();
  const auto set_time = [&](SensorModel& m, Duration time) {
    m.conversion_window = time;
    m.period = time * ina3221::kConversionsPerChannel * settings.enabled_channels;
  };
  set_time(model, stock_fits ? stock : possible.front());
  if (possible.size() > 1) {
    SensorModel shortest = model;
    SensorModel longest = model;
    set_time(shortest, possible.front());
    set_time(longest, possible.back());
    model.source += fmt::format(
        "; conversions of {} to {} µs show alike, so the time constant is between {} and {}; {} µs "
        "{}",
        possible.front().count() / 1000, possible.back().count() / 1000,
        seconds_text(*effective_time_constant(shortest)),
        seconds_text(*effective_time_constant(longest)), model.conversion_window->count() / 1000,
        stock_fits ? "is what NVIDIA's boot script sets" : "is assumed: measure it");
  }
  return model;
}

}  // namespace layerwatt
