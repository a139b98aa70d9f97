#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/analysis/trained_model.h"
#include "layerwatt/core/layer.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/layer_work.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

struct PredictRequest {
  /// An ONNX file, the name of a built-in architecture, or a JSON file of an engine's layers.
  std::string network;
  std::optional<std::int64_t> batch;
  /// Of the first input; the network's own where empty.
  std::vector<std::int64_t> input_shape;
  /// "float32", "float16", …; the network's own where empty.
  std::string precision;
};

/// A network's layers as an engine runs them, or is likely to.
struct NetworkLayers {
  std::string name;
  std::vector<Layer> layers;
  /// True where fusion was guessed from a graph.
  bool guessed = false;
};

/// kInvalidArgument: a shape or batch for an engine, whose shapes are fixed. kUnsupported: unknown
/// operators, an engine without detailed layers.
Result<NetworkLayers> load_network_layers(const PredictRequest& request);

/// What one layer will cost. Intervals hold with the probability 0.9; they are absent where nothing
/// could be held out in training.
struct PredictedLayer {
  Layer layer;
  LayerWork work;
  std::optional<Estimate<double>> seconds;
  /// Above idle.
  std::optional<Estimate<Watts>> power;
  std::optional<Estimate<Joules>> energy;
  /// What it adds to the network's energy (LayerPrediction), J; 0 where there is no prediction.
  double summed_joules = 0.0;
  /// Why there is no prediction; empty where there is one.
  std::string refusal;
};

struct NetworkPrediction {
  std::string network;
  bool guessed = false;
  bool is_virtual = false;
  std::vector<PredictedLayer> layers;
  /// Sums over the predicted layers, of energy of what each adds to a sum; absent where more than a
  /// tenth of the operations (or, without any, of the bytes) was refused.
  std::optional<Estimate<double>> seconds;
  std::optional<Estimate<Joules>> energy;
  /// Part of the operations in refused layers, 0 to 1.
  double refused_flops = 0.0;
  double refused_bytes = 0.0;
  std::int64_t images = 1;
  std::vector<std::string> notes;
};

/// `precision`: what layers are computed in where that differs from what the network says.
NetworkPrediction predict_network(const TrainedModel& model, const NetworkLayers& network,
                                  const std::string& precision);

/// The prediction as a profile, for the reports and comparisons of measured runs.
LayerProfile profile_of(const NetworkPrediction& prediction);

}  // namespace layerwatt
