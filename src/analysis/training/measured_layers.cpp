#include "analysis/training/measured_layers.h"

#include <utility>

#include "layerwatt/dataset/power_runtime_csv.h"

namespace layerwatt::analysis {

Result<MeasuredLayers> read_measurements(const std::filesystem::path& path) {
  MeasuredLayers layers;
  auto done = read_power_runtime_csv(path, [&](const PowerRuntimeRow& row) {
    LayerMeasurements& layer = layers[row.layer_name];
    layer.type = row.layer_type;
    if (row.excluding_idle_microwatts) layer.powers.push_back(*row.excluding_idle_microwatts);
    layer.run_times.push_back(row.run_time_milliseconds);
  });
  if (!done) return std::move(done).error();
  return layers;
}

}  // namespace layerwatt::analysis
