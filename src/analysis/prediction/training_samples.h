#pragma once

#include <string>
#include <vector>

#include "layerwatt/analysis/train.h"
#include "layerwatt/prediction/layer_sample.h"

namespace layerwatt::analysis {

/// What the tables of a training dataset teach.
struct TrainingSamples {
  std::vector<LayerSample> samples;
  std::vector<TrainingNetwork> networks;
  std::vector<TrainingNetwork> test_networks;
  MeasuringConditions conditions;
  std::vector<std::string> notes;
};

/// The folders of networks, by name. kNotFound where there is none.
Result<std::vector<std::filesystem::path>> find_training_networks(
    const std::filesystem::path& folder);

Result<TrainingSamples> read_training_samples(const TrainOptions& options);

}  // namespace layerwatt::analysis
