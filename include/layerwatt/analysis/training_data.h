#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

struct TrainingDataOptions {
  std::filesystem::path result_dir = "training_data";
  /// Least count of powers, and of run times, of every convolutional, pooling and dense layer: a
  /// network with less is left out whole.
  std::int64_t per_layer_measurements = 10;
};

/// What became of one network.
struct NetworkTrainingData {
  std::string network;
  std::size_t convolutional = 0;
  std::size_t pooling = 0;
  std::size_t dense = 0;
  /// Rows of layers.csv.
  std::size_t layers = 0;
  /// Why nothing was written for it; empty where it was.
  std::string left_out;
  /// True where it was left out for a fault of its files, not for too few measurements.
  bool failed = false;
  /// What a reader must know, each a sentence.
  std::vector<std::string> notes;
};

/// Makes training tables of one network's folder of a preprocessed dataset: the published tables,
/// statistics beside the input, and layers.csv. A fault of its files is told in the result.
NetworkTrainingData make_network_training_data(const std::filesystem::path& folder,
                                               const TrainingDataOptions& options);

/// The networks of a preprocessed dataset: its folders, by name. kNotFound where there is none.
Result<std::vector<std::filesystem::path>> find_preprocessed_networks(
    const std::filesystem::path& folder);

}  // namespace layerwatt
