#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/layer.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/experiment/isolate_options.h"
#include "layerwatt/experiment/isolation.h"
#include "layerwatt/experiment/measurement.h"
#include "layerwatt/running/run_observer.h"

namespace layerwatt {

/// Runs each layer of the network alone on the inputs that it gets in the network, and writes the
/// raw dataset of the run, `<model>_layerwise_energy_full.csv` beside it, and the statistics by
/// mode. Errors: those of measure_network(); kInvalidArgument for a mode that the machine is not
/// in, a label that is no name of a folder, or a rail that does not exist.
Result<Isolation> isolate_network(Engine& engine, const IsolateOptions& options,
                                  Cancellation& cancellation, MeasureObserver& observer);

/// What measures under the schedule `isolated`: see measure_network().
using IsolatedMeasure =
    std::function<Result<Measurement>(const MeasureOptions&, Cancellation&, MeasureObserver&)>;

/// The same with whatever drives the network.
Result<Isolation> isolate_network(const IsolatedMeasure& measure, const IsolateOptions& options,
                                  Cancellation& cancellation, MeasureObserver& observer);

/// Run times of layers alone, without any power.
struct IsolatedRunTimes {
  std::string model;
  std::vector<Layer> layers;
  /// Of each layer; none where it cannot run alone, or where the run was stopped before.
  std::vector<std::vector<Duration>> run_times;
  /// Where they were written; empty without a mode.
  std::filesystem::path folder;
  bool partial = false;
  std::vector<std::string> notes;
};

/// Runs each layer `sample_count` times, and writes the run times to the statistics by mode.
/// Needs and reads no power sensor. Errors as isolate_network().
Result<IsolatedRunTimes> isolate_run_times(Engine& engine, const IsolateOptions& options,
                                           const Cancellation& cancellation, RunObserver& observer);

/// Whether an earlier call with the same folders finished this model, so that a campaign need not
/// measure it again.
bool is_isolated_already(const IsolateOptions& options, const std::string& model);

/// Energy of each layer as it stands in the table, for the bar chart.
LayerProfile profile_of(const Isolation& isolation);

}  // namespace layerwatt
