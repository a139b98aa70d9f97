#pragma once

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

// Every value of the enumerations that files hold as words (to_string() gives the word).

inline constexpr LayerStatus kLayerStatusWords[] = {LayerStatus::kResolved, LayerStatus::kMerged,
                                                    LayerStatus::kUnresolved};
inline constexpr Averaging kAveragingWords[] = {Averaging::kNone, Averaging::kExponential,
                                                Averaging::kBlock};
inline constexpr Provenance kProvenanceWords[] = {Provenance::kDeclared, Provenance::kMeasured,
                                                  Provenance::kDatasheet};
inline constexpr StampSource kStampSourceWords[] = {StampSource::kMeasured, StampSource::kProfiler,
                                                    StampSource::kPlacedByDuration,
                                                    StampSource::kCallback, StampSource::kUnknown};

/// "voltage_current", "power", "energy_counter", as files have it.
std::string_view to_string(RailKind kind);
inline constexpr RailKind kRailKindWords[] = {RailKind::kVoltageCurrent, RailKind::kPower,
                                              RailKind::kEnergyCounter};

}  // namespace layerwatt
