#include "experiment/campaign/settled.h"

#include <algorithm>
#include <cmath>

namespace layerwatt {

bool TemperatureWatch::add(Instant at, const std::map<std::string, double>& celsius) {
  seen_.emplace_back(at, celsius);
  // The oldest one kept is at least a whole span away.
  while (seen_.size() > 1 && at - seen_[1].first >= kSpan) seen_.pop_front();
  if (celsius.empty() || at - seen_.front().first < kSpan) return false;
  for (const auto& [zone, now] : celsius) {
    for (const auto& [then, zones] : seen_) {
      const auto before = zones.find(zone);
      if (before == zones.end() || std::abs(before->second - now) > kMostCelsius) return false;
    }
  }
  return true;
}

bool IdlePowerWatch::add(double microwatts) {
  const double before = last_;
  last_ = microwatts;
  return before > 0.0 && std::abs(microwatts - before) <= kMostPart * before;
}

}  // namespace layerwatt
