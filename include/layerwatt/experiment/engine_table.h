#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/option_row.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/experiment/engine_settings.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/experiment/measurement.h"

namespace layerwatt {

/// One row of the table of engines: all that the commands know of it.
struct EngineRow {
  /// "onnxruntime", as `--engine` has it.
  std::string_view name;
  std::string_view summary;
  std::span<const OptionRow> options;
  /// Whether networks are turned into a type, shapes and inputs for it; a recorded run is as it
  /// was.
  bool takes_networks = true;
  /// Of networks, where nobody chose one.
  DataType type = DataType::kFloat32;
  /// Whether waiting threads spin, where nobody chose.
  bool spins = true;
  /// Whether the layers run on a GPU.
  bool on_gpu = false;
  std::span<const Schedule> schedules;
  /// Of a row that cannot follow all schedules: why, after its name ("repeats whole passes").
  std::string_view why_schedules = {};
  /// Opens it to run layer by layer, or says what is missing and how to get it. nullptr: it runs
  /// whole networks by itself.
  Result<std::unique_ptr<Engine>> (*open)(const EngineSettings& settings) = nullptr;
  /// What drives it through a measurement; schedules are checked by measure_with_engine().
  Result<Measurement> (*measure)(const EngineSettings& settings, const MeasureOptions& options,
                                 Cancellation& cancellation, MeasureObserver& observer) = nullptr;
};

/// What exists, the default first.
std::span<const EngineRow> engine_table();

/// The row of that name, the first for an empty one. kInvalidArgument lists those there are.
Result<const EngineRow*> find_engine(std::string_view name);

/// Opens an engine that runs layer by layer; kInvalidArgument for one that does not.
Result<std::unique_ptr<Engine>> open_engine(const EngineRow& row, const EngineSettings& settings);

/// Measures a network with the engine of `row`: see measure_network(). kInvalidArgument for a
/// schedule that it cannot follow.
Result<Measurement> measure_with_engine(const EngineRow& row, const EngineSettings& settings,
                                        const MeasureOptions& options, Cancellation& cancellation,
                                        MeasureObserver& observer);

}  // namespace layerwatt
