#include "layerwatt/core/sensor_model.h"

#include <cmath>
#include <cstdlib>

namespace layerwatt {

std::string_view to_string(Averaging averaging) {
  switch (averaging) {
    case Averaging::kNone:
      return "none";
    case Averaging::kExponential:
      return "exponential";
    case Averaging::kBlock:
      return "block";
  }
  std::abort();
}

std::string_view to_string(Provenance provenance) {
  switch (provenance) {
    case Provenance::kDeclared:
      return "declared";
    case Provenance::kMeasured:
      return "measured";
    case Provenance::kDatasheet:
      return "datasheet";
  }
  std::abort();
}

std::optional<Duration> effective_time_constant(const SensorModel& model) {
  if (!model.period) return std::nullopt;
  const bool averages = model.averaging != Averaging::kNone;
  if (averages && !model.average_count) return std::nullopt;
  if (!averages || *model.average_count <= 1) return *model.period / 2;
  const double period = to_seconds(*model.period);
  const double count = *model.average_count;
  if (model.averaging == Averaging::kBlock) return from_seconds(period * count / 2.0);
  return from_seconds(-period / std::log1p(-1.0 / count));
}

}  // namespace layerwatt
