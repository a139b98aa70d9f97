#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/experiment/campaign_file.h"

namespace layerwatt {

/// One command of a campaign.
struct CampaignStep {
  enum class Kind {
    kIdle,     ///< idle power of a dataset, or between two networks
    kMeasure,  ///< one network under one setting, once
    kAfter,    ///< what is done with a dataset once its networks are measured
  };
  Kind kind = Kind::kMeasure;
  /// Unique in the campaign, the same on the next day: "measure alexnet, fp16, 2".
  std::string id;
  /// Arguments of `layerwatt`; for `run:` the shell's ("sh", "-c", …), with is_shell.
  /// `--result-dir` of kIdle and kMeasure is added when it runs: results are made aside and moved
  /// to `result`.
  std::vector<std::string> arguments;
  bool is_shell = false;
  /// What is there when it is done: a folder of kMeasure, a file of kIdle; empty for kAfter.
  std::filesystem::path result;
  /// Made before it runs, for commands that write a file into it.
  std::filesystem::path folder;
  std::optional<std::string> power_mode;
  /// Changes with whatever changes the result: arguments, the model file, the power mode.
  std::string fingerprint;
  /// Absent where it depends on how fast the network runs.
  std::optional<Duration> estimate;
  /// Readings of power come to about so many bytes; absent as `estimate`.
  std::optional<std::int64_t> bytes;
  /// The longest rest before it; absent: none.
  std::optional<Duration> rest;
  /// How a short idle measurement on its sensor is asked for while it rests.
  std::vector<std::string> idle_arguments;
};

struct CampaignPlan {
  std::vector<CampaignStep> steps;
  /// Datasets: the folder of results, or one a setting and repeat below it.
  std::vector<std::filesystem::path> datasets;
};

/// All that the campaign does, in order. Depends on the campaign and its model files alone.
/// kInvalidArgument where two networks would get one folder, or a `batch` has no shape to change.
Result<CampaignPlan> plan_campaign(const Campaign& campaign);

}  // namespace layerwatt
