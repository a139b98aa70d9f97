#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt::analysis {

/// All measurements of the layers of one name: names that are equal are pooled, as published.
struct LayerMeasurements {
  std::string type;
  /// Above idle, µW; passes without a sample left out.
  std::vector<double> powers;
  /// Milliseconds.
  std::vector<double> run_times;
};

/// By name, in order of code points.
using MeasuredLayers = std::map<std::string, LayerMeasurements>;

/// Of a `power_runtime_mapping_layerwise.csv`.
Result<MeasuredLayers> read_measurements(const std::filesystem::path& path);

}  // namespace layerwatt::analysis
