#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/attribution/isolated_energy.h"
#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/experiment/measure.h"

namespace layerwatt {

/// How the layers of one network are measured one at a time.
struct IsolateOptions {
  /// Model, engine settings, recorder and result folder; its plan is made from what follows.
  MeasureOptions measure;
  /// Time at the beginning of each layer's stay that does not count. Absent: five time constants of
  /// the slowest sensor, at least 1 s.
  std::optional<Duration> boundary;
  /// After that, each layer runs for so long, unless `repeats` is given: then so many times.
  Duration sample_duration = std::chrono::seconds(5);
  std::optional<std::int64_t> repeats;
  /// Energy in the published way: samples at this interval, their sum times it.
  std::optional<Duration> as_published;

  /// Where the statistics by mode go (layer_stats.h), and under which label; no mode, no
  /// statistics.
  std::filesystem::path stats_dir = "layer_stats";
  std::string mode;
  std::string device = "cpu";
  bool eval_power = true;
  bool eval_latency = true;
  /// Run times of a layer that go to the statistics.
  std::int64_t sample_count = 100;
  /// Rails of the statistics; empty: the published default where the board has any of it, else all.
  std::vector<std::string> rails;
};

/// What came of it.
struct Isolation {
  Measurement measurement;
  std::vector<IsolatedLayer> layers;
  /// Settling time that was used.
  Duration boundary{0};
  std::filesystem::path table;
  /// What a person must know, each a sentence.
  std::vector<std::string> notes;
};

/// The names that the published program takes from tegrastats by default.
std::vector<std::string> published_rails();

/// Runs each layer of the network alone on the inputs that it gets in the network, and writes the
/// raw dataset of the run, `<model>_layerwise_energy_full.csv` beside it, and the statistics by
/// mode. Errors: those of measure_network(); kInvalidArgument for a mode that the machine is not
/// in, a label that is no name of a folder, or a rail that does not exist.
Result<Isolation> isolate_network(Engine& engine, const IsolateOptions& options,
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
