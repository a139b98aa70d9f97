#include "attribution/fit/slow_fit.h"

namespace layerwatt {

Result<FineFit> fit_slow_sensor(const SlowFitInput& input) {
  if (input.trace->size() < 50 || input.load->pieces.empty()) {
    return Error(ErrorCode::kUnknowable, "too few readings to fit the averaging filter");
  }
  SlowObservation observation(input);
  return fit_rows(observation, *input.load);
}

}  // namespace layerwatt
