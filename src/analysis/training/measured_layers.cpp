#include "analysis/training/measured_layers.h"

namespace layerwatt::analysis {

MeasuredLayers gather_measurements(const std::vector<PowerRuntimeRow>& rows) {
  MeasuredLayers layers;
  for (const PowerRuntimeRow& row : rows) {
    LayerMeasurements& layer = layers[row.layer_name];
    layer.type = row.layer_type;
    if (row.excluding_idle_microwatts) layer.powers.push_back(*row.excluding_idle_microwatts);
    layer.run_times.push_back(row.run_time_milliseconds);
  }
  return layers;
}

}  // namespace layerwatt::analysis
