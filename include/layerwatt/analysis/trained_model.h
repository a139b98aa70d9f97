#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/dataset/layer_table.h"
#include "layerwatt/prediction/calibrate.h"
#include "layerwatt/prediction/cost_model.h"
#include "layerwatt/prediction/published_pipeline.h"
#include "layerwatt/prediction/validation.h"

namespace layerwatt {

inline constexpr int kTrainedModelSchemaVersion = 3;
inline constexpr std::string_view kTrainedModelFileName = "model.json";

/// A network that a model learnt from, or was tested on.
struct TrainingNetwork {
  std::string name;
  std::int64_t rows = 0;
  /// Of the bytes of its tables, 32 hexadecimal digits.
  std::string fingerprint;
};

/// What `train` writes and `predict` reads.
struct TrainedModel {
  /// "physical" or "published".
  std::string method = "physical";
  std::uint64_t seed = 42;
  MeasuringConditions conditions;
  std::vector<TrainingNetwork> networks;
  std::vector<TrainingNetwork> test_networks;
  /// Of `physical`.
  CostModel model;
  NetworkErrors errors;
  Validation by_network;
  Validation by_family;
  /// Where it was moved by calibration: the board that it was trained on, the runs that it was
  /// moved with, and how far that went.
  std::optional<MeasuringConditions> trained_on;
  std::vector<TrainingNetwork> calibrated_with;
  std::vector<KindCalibration> calibration;
  /// Of `published`, each with what it says of the test networks.
  std::vector<PublishedModel> published;
  /// What a reader must know, each a sentence.
  std::vector<std::string> notes;
};

/// `<folder>/model.json`, JSON with a checksum. The same model gives the same bytes.
Result<void> write_trained_model(const std::filesystem::path& folder, const TrainedModel& model);
/// kNotFound; kParse: cut, or changed since it was written (the checksum tells); kUnsupported:
/// another version.
Result<TrainedModel> read_trained_model(const std::filesystem::path& folder);
Result<TrainedModel> read_trained_model_file(const std::filesystem::path& path);

std::string trained_model_json(const TrainedModel& model);
Result<TrainedModel> parse_trained_model(std::string_view text);

}  // namespace layerwatt
