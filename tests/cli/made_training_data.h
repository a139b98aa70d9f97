#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/random.h"
#include "layerwatt/dataset/layer_table.h"
#include "layerwatt/experiment/predict_network.h"

namespace layerwatt::cli {

/// A machine whose costs are a formula: 8 µs a launch, 2 Tflop/s, 60 GB/s, 1 W and 5 W more at full
/// rate, all with 3 % of noise.
inline LayerTableRow made_row(const Layer& layer, const LayerWork& work, Random& random) {
  LayerTableRow row;
  row.layer_name = layer.name;
  row.layer_type = layer.type;
  row.work = work;
  const double computing = work.flops / 2e12;
  const double seconds = 8e-6 + computing + work.bytes() / 60e9;
  row.run_time_milliseconds = 1e3 * seconds * std::exp(0.03 * random.gaussian());
  row.run_times = 100;
  const double watts = (1.0 + 5.0 * computing / seconds) * std::exp(0.03 * random.gaussian());
  row.power_microwatts = 1e6 * watts;
  row.power_status = LayerStatus::kResolved;
  row.conditions.board = "a made board";
  return row;
}

/// `layers.csv` of built-in networks as that machine would have measured them.
inline void write_training_data(const std::filesystem::path& folder,
                                const std::vector<std::string>& networks) {
  Random random(7, "made training data");
  for (const std::string& name : networks) {
    PredictRequest request;
    request.network = name;
    const auto network = load_network_layers(request);
    ASSERT_TRUE(network) << network.error().to_string();
    std::vector<LayerTableRow> rows;
    for (const Layer& layer : network->layers) {
      const auto work = layer_work(layer);
      ASSERT_TRUE(work) << work.error().to_string();
      if (work->kind != WorkKind::kNothing) rows.push_back(made_row(layer, *work, random));
    }
    std::filesystem::create_directories(folder / name);
    ASSERT_TRUE(write_layer_table(folder / name / kLayerTableFileName, rows));
  }
}

}  // namespace layerwatt::cli
