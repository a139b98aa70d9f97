#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// Tells when a board has cooled down: over the last 20 s no thermal zone has moved by more than
/// half a degree, which is the step of a Jetson's thermal zones.
class TemperatureWatch {
 public:
  static constexpr Duration kSpan = std::chrono::seconds(20);
  static constexpr double kMostCelsius = 0.5;

  /// All zones at one time; true if they have settled.
  bool add(Instant at, const std::map<std::string, double>& celsius);

 private:
  std::deque<std::pair<Instant, std::map<std::string, double>>> seen_;
};

/// Tells when idle power has settled: two measurements in a row differ by less than 1 %.
class IdlePowerWatch {
 public:
  static constexpr double kMostPart = 0.01;

  bool add(double microwatts);

 private:
  double last_ = 0.0;
};

}  // namespace layerwatt
