#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "layerwatt/analysis/train.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

/// One run as MLflow keeps it in a folder of files.
struct MlflowRun {
  std::string name;
  std::map<std::string, std::string> parameters;
  std::map<std::string, double> metrics;
  std::map<std::string, std::string> tags;
  /// Path below the run's artifacts, and content.
  std::map<std::string, std::string> artifacts;
};

/// When it ran, in milliseconds since 1970.
struct MlflowTimes {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// One run a model, called `<layer>_<target>_model`, with the metrics that the published training
/// logs, under its names, and the model's file as an artifact.
std::vector<MlflowRun> mlflow_runs_of(const TrainedModel& model);
std::vector<MlflowRun> mlflow_runs_of(const PublishedTraining& training);

/// Adds the runs to the experiment of a folder that MLflow reads as its file store (`mlruns`), and
/// makes both where they are not there. Gives the folders of the runs. kInvalidArgument: a folder
/// of something else, or a name that MLflow would not take.
Result<std::vector<std::filesystem::path>> write_mlflow_runs(const std::filesystem::path& store,
                                                             const std::string& experiment,
                                                             const std::vector<MlflowRun>& runs,
                                                             const MlflowTimes& times);

}  // namespace layerwatt
