#include "monitor/energy/energy_integrator.h"

#include <algorithm>

namespace layerwatt {

Joules EnergyIntegrator::corrected() const noexcept {
  Joules energy = closed_ + stretch_;
  if (last_ && options_.time_constant) {
    energy += (last_->power - first_of_stretch_) * *options_.time_constant;
  }
  return energy;
}

void EnergyIntegrator::add(Instant when, Watts power) noexcept {
  const Duration step = last_ ? when - last_->when : Duration(0);
  if (last_ && step <= Duration(0)) return;
  const bool gap = last_ && (interrupted_ || step > options_.longest_gap);
  if (!last_ || gap) {
    if (gap) unmeasured_ += step;
    closed_ = corrected();
    stretch_ = Joules(0.0);
    first_of_stretch_ = power;
  } else {
    stretch_ += 0.5 * (last_->power + power) * step;
  }
  interrupted_ = false;
  last_ = Reading{when, power};
  const Joules now = corrected();
  shown_ = std::max(shown_, now);
  if (shown_ - now > kLargestDebt) closed_ += shown_ - now - kLargestDebt;
}

}  // namespace layerwatt
