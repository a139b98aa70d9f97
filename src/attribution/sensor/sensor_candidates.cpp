#include "attribution/sensor/sensor_candidates.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "layerwatt/core/numbers.h"
#include "layerwatt/core/power_chips.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

/// SBOSA20 table 7-6, those that may be in use.
constexpr std::array<Duration, 4> kIna238Times = {150us, 540us, ina238::kUsualConversionTime,
                                                  2074us};
constexpr std::array kIna238Averages = {1, 4, ina238::kUsualAverages, 64, 128};

struct KnownSetting {
  int channels;
  Duration conversion_time;
  int average_count;
  double prior;
  std::string_view name;
};

/// Settings that boards are known to come with. Stock: NVIDIA's boot script writes 512 samples and
/// an update interval of 430 ms, which the driver makes these of. JetPack 4's driver: 64 samples of
/// 1.1 ms. Without either: the chip's reset value 0x7127. One sample is what people set who have
/// root and know why.
constexpr std::array kKnown = {
    KnownSetting{3, 140us, 512, 0.40, "stock"},
    KnownSetting{2, 204us, 512, 0.06, "stock, two channels"},
    KnownSetting{1, 332us, 512, 0.06, "stock, one channel"},
    KnownSetting{3, 1100us, 64, 0.05, "as JetPack 4's driver sets it"},
    KnownSetting{3, 1100us, 1, 0.08, "as the chip is after a reset"},
    KnownSetting{3, 140us, 1, 0.15, "stock conversions without averaging"},
};
/// Of each other setting.
constexpr double kRare = 0.001;

}  // namespace

SensorCandidate ina3221_candidate(int channels, Duration conversion_time, int average_count) {
  SensorCandidate candidate;
  candidate.model.period = ina3221::kConversionsPerChannel * channels * conversion_time;
  candidate.model.conversion_window = conversion_time;
  candidate.model.average_count = average_count;
  candidate.model.averaging = average_count > 1 ? Averaging::kExponential : Averaging::kNone;
  candidate.prior = kRare;
  std::string known;
  for (const KnownSetting& setting : kKnown) {
    if (setting.channels != channels || setting.conversion_time != conversion_time ||
        setting.average_count != average_count) {
      continue;
    }
    candidate.prior = setting.prior;
    known = fmt::format("{}: ", setting.name);
  }
  const std::string time = format_si(to_seconds(conversion_time), "s");
  const std::string on =
      fmt::format("{} channel{} of an INA3221", channels, channels > 1 ? "s" : "");
  candidate.name = average_count > 1
                       ? fmt::format("{}{} averages of {} on {}", known, average_count, time, on)
                       : fmt::format("{}single conversions of {} on {}", known, time, on);
  return candidate;
}

std::vector<SensorCandidate> ina3221_candidates() {
  std::vector<SensorCandidate> candidates;
  for (int channels = ina3221::kChannels; channels >= 1; --channels) {
    for (const Duration time : ina3221::kConversionTimes) {
      for (const int averages : ina3221::kAverages) {
        candidates.push_back(ina3221_candidate(channels, time, averages));
      }
    }
  }
  return candidates;
}

std::vector<SensorCandidate> ina238_candidates() {
  std::vector<SensorCandidate> candidates;
  for (const Duration time : kIna238Times) {
    for (const int averages : kIna238Averages) {
      SensorCandidate candidate;
      candidate.model.period = ina238::kConversionsPerCycle * time;
      candidate.model.conversion_window = time;
      candidate.model.average_count = averages;
      candidate.model.averaging = averages > 1 ? Averaging::kBlock : Averaging::kNone;
      const bool is_usual =
          time == ina238::kUsualConversionTime && averages == ina238::kUsualAverages;
      candidate.prior = is_usual ? 0.08 : kRare;
      candidate.name = fmt::format("{}means of {} conversions of {} by an INA238",
                                   is_usual ? "as mainline Linux sets it: " : "", averages,
                                   format_si(to_seconds(time), "s"));
      candidates.push_back(std::move(candidate));
    }
  }
  return candidates;
}

double filter_seconds(const SensorModel& model) {
  if (model.averaging != Averaging::kExponential || !model.average_count || !model.period ||
      *model.average_count <= 1) {
    return 0.0;
  }
  return -to_seconds(*model.period) / std::log1p(-1.0 / static_cast<double>(*model.average_count));
}

}  // namespace layerwatt
