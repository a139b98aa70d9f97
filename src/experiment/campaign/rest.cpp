#include "experiment/campaign/rest.h"

#include <algorithm>
#include <thread>

#include "layerwatt/core/time.h"
#include "layerwatt/recording/environment.h"

#include "experiment/campaign/settled.h"

namespace layerwatt {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(1);
/// How soon a wish to stop is heard.
constexpr Duration kNap = std::chrono::milliseconds(100);

void nap_until(Instant end, const Cancellation& cancellation) {
  for (Instant now = MonotonicClock::now(); now < end && !cancellation.requested();
       now = MonotonicClock::now()) {
    std::this_thread::sleep_for(std::min<Duration>(kNap, end - now));
  }
}

}  // namespace

void rest_until_settled(const CampaignRest& rest, const std::filesystem::path& sysfs_root,
                        const Cancellation& cancellation,
                        const std::function<std::optional<double>()>& measure_idle) {
  const Instant until = MonotonicClock::now() + rest.at_most;
  SystemRoot root;
  root.path = sysfs_root;
  TemperatureWatch temperature;
  IdlePowerWatch idle;
  while (!cancellation.requested() && MonotonicClock::now() < until) {
    switch (rest.until) {
      case CampaignRest::Until::kTime:
        nap_until(until, cancellation);
        break;
      case CampaignRest::Until::kTemperature: {
        const Instant now = MonotonicClock::now();
        if (temperature.add(now, read_machine_state(root).temperatures_celsius)) return;
        nap_until(std::min(until, now + kLookEvery), cancellation);
        break;
      }
      case CampaignRest::Until::kIdlePower: {
        const auto power = measure_idle();
        if (!power || idle.add(*power)) return;
        break;
      }
    }
  }
}

}  // namespace layerwatt
