#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/foreign_log.h"
#include "layerwatt/experiment/existing_result.h"

namespace layerwatt {

/// What trtexec exported in one run or in several of the same engine.
struct TrtexecFiles {
  /// --exportProfile and --exportTimes.
  std::filesystem::path profile;
  std::filesystem::path times;
  /// --exportLayerInfo; empty: layers have names alone.
  std::filesystem::path layers;
};

/// Finds them in a folder by their content's usual endings: "*profile.json", "*timing.json" or
/// "*times.json", "*graph.json" or "*layers.json" or "*layer_info.json". kNotFound names what is
/// missing and the option of trtexec that writes it; kInvalidArgument where there are several.
Result<TrtexecFiles> find_trtexec_files(const std::filesystem::path& folder);

/// A run of trtexec that was recorded elsewhere, to be made a raw dataset.
struct ImportOptions {
  TrtexecFiles files;
  /// Of the model; the name of the file of times without its endings where empty.
  std::string name;
  std::filesystem::path result_dir = "raw_data";
  /// What to do where a finished run stands in its place.
  ExistingResult existing = ExistingResult::kRefuse;
  /// A power log of the same run, in the published form or of another program or instrument; kept
  /// in the published form. Empty: run times only.
  std::filesystem::path power_log;
  ForeignLogOptions power_log_options;
  /// Local time of the power log at which the passes began ("Starting inference"). Absent: from
  /// when the file of times was written, which is no better than a second.
  std::optional<LocalTime> start;
  /// The first passes that are not to count as latency.
  std::int64_t warmup = 0;
};

struct ImportedRun {
  std::string model;
  /// Its folder in the result_dir.
  std::filesystem::path folder;
  /// Run times of the layers; `solve` and `map` give their power where there is a log.
  LayerProfile profile;
  /// How the timeline came about, each a sentence; also in run.json.
  std::vector<std::string> notes;
};

/// Writes the published files of the run, and a run.json that tells where it comes from, to
/// `<result_dir>/<model>/`. Errors: those of the readers, with file and line; kParse where the
/// files are of different engines; those of ResultFolder.
Result<ImportedRun> import_trtexec(const ImportOptions& options);

}  // namespace layerwatt
