#include "attribution/checks/made_readings.h"

#include <cmath>

#include "layerwatt/core/random.h"

namespace layerwatt::testing {
namespace {

constexpr double kVolts = 5.0;

}  // namespace

void set_watts(CheckedReadings& readings, std::size_t k, double watts) {
  readings.watts[k] = watts;
  readings.amperes[k] = watts / readings.volts[k];
}

CheckedReadings made_readings(const MadeReadingsPlan& plan) {
  CheckedReadings readings;
  readings.busy = {{2.0, 6.0}};
  readings.step = plan.step;
  for (double t = 2.0; t < 6.0; t += 0.01) readings.pass_begins.push_back(t);
  Random random(plan.seed, "readings");
  const auto count = static_cast<std::size_t>(plan.seconds * 1e3);
  for (std::size_t k = 0; k < count; ++k) {
    readings.seconds.push_back(1e-3 * static_cast<double>(k));
    const double level = readings.is_busy(k) ? plan.busy_watts : plan.idle_watts;
    const double steps = level / plan.step + plan.noise * random.gaussian();
    readings.watts.push_back(plan.step * std::round(steps));
    readings.volts.push_back(kVolts);
    readings.amperes.push_back(readings.watts.back() / kVolts);
  }
  return readings;
}

}  // namespace layerwatt::testing
