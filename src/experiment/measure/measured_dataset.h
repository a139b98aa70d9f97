#pragma once

#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/experiment/measurement.h"
#include "layerwatt/recording/recorder.h"
#include "layerwatt/recording/run_files.h"
#include "layerwatt/running/prepared_network.h"
#include "layerwatt/running/run_network.h"

#include "experiment/measure/power_source.h"

namespace layerwatt {

/// Everything that stands in run.json before the first pass.
RunFile begin_run_file(const MeasureOptions& options, const RunPlan& plan,
                       const PowerSource& source, const PreparedNetwork& network);

/// What the recorder and the run add to it at their end.
void tell_recorder(const RecorderSummary& recorder, RunFile& run);
void tell_outcome(const RunOutcome& outcome, const std::string& partial_reason, RunFile& run);

/// Writes the raw dataset of a run that is over, in an order in which whatever fails leaves the
/// recording readable, and reads it back into `measurement.recording`. The power of a virtual board
/// is synthesised here.
Result<void> write_dataset(const MeasureOptions& options, const PowerSource& source,
                           const PreparedNetwork& network, const RunPaths& paths, RunFile& run,
                           Measurement& measurement);

}  // namespace layerwatt
