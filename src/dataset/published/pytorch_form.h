#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

// The published project's older form for PyTorch models (raw_data_pruned/prebuilt_models in its
// history): <model>_layerwise_latency.json and model_summary.json.

/// As LayerLatencies has it.
struct PyTorchLatencies {
  struct Layer {
    std::string name;
    std::vector<double> milliseconds;
    std::vector<LocalTime> end;
  };
  std::vector<Layer> layers;
  std::int64_t passes = 0;
  /// Executions of a last pass that was cut off.
  std::int64_t dropped = 0;
};

/// [{layer: {"elapsed_time": milliseconds, "start_time": seconds since 1970}, …}, …], a pass each;
/// the layers and their order are those of the first. A last pass without all layers is cut off.
Result<PyTorchLatencies> parse_pytorch_latencies(std::string_view text);

/// {layer: {"type": "Conv2d", "input_shape": […], "output_shape": […], "kernel_size": […],
/// "stride": […], "padding": […]}, …}. All but the type are optional.
Result<std::vector<Layer>> parse_model_summary(std::string_view text);

/// Whether a text begins as a list of objects, as parse_pytorch_latencies() takes it, and
/// trt_layer_latency.json does not.
bool is_list(std::string_view text);

}  // namespace layerwatt
