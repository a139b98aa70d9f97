#pragma once

#include <filesystem>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/experiment/measure.h"

namespace layerwatt {

/// measure_network() with passes of a run that was recorded before, each as long as it was, on a
/// machine that needs neither the network nor its engine: what would the sensor of another board
/// have shown of it? `recorded` is a model's folder in a raw dataset, ours or others'.
///
/// The schedule must be `whole`. Errors beside those of measure_network(): kUnsupported for a run
/// that was recorded under another one, whose passes are not the network's.
Result<Measurement> measure_replayed(const std::filesystem::path& recorded,
                                     const MeasureOptions& options, Cancellation& cancellation,
                                     MeasureObserver& observer);

}  // namespace layerwatt
