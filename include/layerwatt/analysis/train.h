#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "layerwatt/analysis/trained_model.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

struct TrainOptions {
  std::filesystem::path training_data_dir = "training_data";
  /// Networks that are kept out of training and tested on; names that are not there are ignored, as
  /// published.
  std::vector<std::string> test_models{"lenet", "resnet18", "vgg16"};
  std::uint64_t seed = 42;
  /// Rows are layers of no network, each for itself: they are left out in fifths.
  bool micro_layers = false;
};

/// Called before each part of the work: done, of how many, what.
using TrainProgress =
    std::function<void(std::int64_t done, std::int64_t total, const std::string& what)>;

/// Learns from `layers.csv` of every network, or the published tables where there is none, and
/// checks on networks and families left out, on two threads. The same tables and seed give the same
/// model. kNotFound: no tables; kUnknowable: one network alone, or too few rows; kInvalidArgument:
/// tables of more than one board or power mode.
Result<TrainedModel> train_physical(const TrainOptions& options, const TrainProgress& progress);

/// What a published pipeline says of one layer of a test network.
struct PublishedTestRow {
  std::string network;
  std::string layer_name;
  PublishedTable table = PublishedTable::kConvolutional;
  PublishedTarget target = PublishedTarget::kPower;
  double actual = 0.0;
  double predicted = 0.0;
};

struct PublishedTraining {
  TrainedModel model;
  std::vector<PublishedTestRow> test_rows;
  /// Of each pipeline on its own rows, in percent.
  std::vector<double> training_rmspe;
};

/// The six published pipelines on the published tables, networks in order of their names. Tables
/// that are missing are left out; kNotFound where there is none.
Result<PublishedTraining> train_published(const TrainOptions& options,
                                          const TrainProgress& progress);

}  // namespace layerwatt
