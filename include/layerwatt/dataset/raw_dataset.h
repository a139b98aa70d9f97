#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/execution_source.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/dataset/idle_power.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/dataset/virtual_mark.h"

namespace layerwatt {

/// The files of one model in a raw dataset. Paths that are empty are not there.
struct RawModel {
  std::string name;
  std::filesystem::path folder;
  std::filesystem::path power_log;
  std::filesystem::path layer_latency;
  std::filesystem::path engine_info;
  /// `<model>_<engine>.json`.
  std::filesystem::path summary;
  std::filesystem::path run_file;
  std::filesystem::path power_npy;
  std::filesystem::path timeline_npy;
  /// What a reader must know of these files, each a sentence (a power log of another instrument).
  std::vector<std::string> notes = {};
  /// Of a power log that does not lie in the folder: whether its power was synthesised. Absent: the
  /// folder says it.
  std::optional<bool> has_virtual_log = {};

  /// Whether the power that goes with the model was synthesised.
  bool is_virtual() const;
  /// An error that names what is missing for a mapping of power to layers, in words of the folder.
  Result<void> require_mappable() const;
};

/// A raw dataset: a folder with a folder a model, and the idle power.
struct RawDataset {
  std::filesystem::path folder;
  /// Empty if there is none.
  std::filesystem::path idle_power;
  /// By name.
  std::vector<RawModel> models;
  /// Names of the folders that a crash or Ctrl-C left beside the models ("alexnet.partial",
  /// "alexnet.interrupted-20241121-051743"): not models of the dataset, but each can be given as a
  /// folder of its own.
  std::vector<std::string> cut_short;
};

/// Finds the models in a raw dataset, or the one model if `folder` is a model's own folder. Folders
/// without any file of a model are passed over, those of recordings that were cut short too.
/// kNotFound if there is no model.
Result<RawDataset> find_raw_dataset(const std::filesystem::path& folder);

/// A model's recording on the monotonic clock: exact from power.npy and timeline.npy where they
/// are, else from the published text files (local time as monotonic time).
struct Recording {
  /// One a rail; a text log is one trace.
  std::vector<PowerTrace> rails;
  /// The rail or sum of rails that stands for the board; absent where no total is known.
  std::optional<PowerTrace> total;
  Timeline timeline;
  /// The timeline's executions, where they were left in their file (Executions::kInFile).
  std::shared_ptr<const ExecutionSource> executions_in_file = {};
  /// Per layer, under schedules other than `whole`: run times within whole passes, which were
  /// profiled apart. Empty where there were none.
  std::vector<RunTimeStats> in_place;
  /// Absent for datasets of others.
  std::optional<RunFile> run;
  /// What a reader must know (a line cut off, a file cut short), each a sentence.
  std::vector<std::string> notes;
};

/// Where the executions of a recording are: in its timeline, or, unchecked, in a timeline.npy that
/// stays as it is meanwhile (those of published text files are always held).
enum class Executions { kHeld, kInFile };

/// Loads what `solve` needs. Readings that failed are left out.
Result<Recording> load_recording(const RawModel& model, Executions executions = Executions::kHeld);

/// Goes through the executions of a recording, wherever they are.
Result<void> visit_executions(const Recording& recording, const ExecutionSource::Take& take);
/// Takes those that are in a file into the timeline, checked.
Result<void> hold_executions(Recording& recording);

/// Power only, rail by rail, as recorded in power.npy, with `run.rails` for the rails.
Result<std::vector<PowerTrace>> load_power_traces(const std::filesystem::path& power_npy,
                                                  const std::vector<Rail>& rails,
                                                  std::vector<std::string>& notes);

}  // namespace layerwatt
