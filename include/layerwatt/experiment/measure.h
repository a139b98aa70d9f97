#pragma once

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/experiment/measurement.h"

namespace layerwatt {

/// Runs the network while a process of its own records power, with idle time before and after, and
/// writes the raw dataset of design section 5.1 to `<result_dir>/<model>/`.
///
/// Whatever can fail without a long wait fails first: sensors, model, folder. From then on what was
/// recorded is kept: cancellation, a sensor that vanishes and a full disk give a partial
/// measurement, not an error. `cancellation` is also requested from within where the recorder ends
/// early. Errors: those of prepare_network(), select_rails(), RecorderProcess::start(); kCancelled
/// where nothing had run yet; kIo where the dataset cannot be written, which names the folder that
/// holds the recording.
Result<Measurement> measure_network(Engine& engine, const MeasureOptions& options,
                                    Cancellation& cancellation, MeasureObserver& observer);

}  // namespace layerwatt
