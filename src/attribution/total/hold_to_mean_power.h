#pragma once

#include <optional>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/timeline.h"

#include "attribution/fit/fine_fit.h"
#include "attribution/total/mean_power_total.h"

namespace layerwatt {

struct MeanPowerCheck {
  const FineFit* fit = nullptr;
  const LoadPieces* load = nullptr;
  const Timeline* timeline = nullptr;
  /// Absent: nothing is known of the mean power above idle.
  std::optional<MeanPowerTotal> total;
  /// As MeanPowerInput::idle_apart.
  std::optional<double> idle_apart;
  /// Readings could not be put to layers at all.
  bool layers_hidden = false;
  /// The sensor's settings are those that were declared, and the recording does not contradict
  /// them.
  bool is_declared = false;
  /// Half of an interval's width, in standard deviations.
  double deviations = 1.96;
};

/// Holds what the solver says of a pass (`whole`) to what mean power says: a total that is not
/// consistent with it is replaced by it, with its interval (where the sensor is declared and they
/// are not far apart, the interval holds both instead); if they are far apart the layers go
/// unresolved with it, as nothing that was told of them can be right. Where the solver found no
/// clock, or told layers not at all, mean power is what is told. Idle power of the recording and
/// that measured apart are compared; where they differ by more than their errors, intervals hold
/// both. Each in a note.
void hold_to_mean_power(const MeanPowerCheck& check, LayerProfile& profile);

/// Takes away what was said of each layer, and says why.
void hide_layers(const std::string& reason, LayerProfile& profile);

}  // namespace layerwatt
