#pragma once

#include <map>
#include <string>
#include <vector>

#include "layerwatt/dataset/power_runtime_csv.h"

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

MeasuredLayers gather_measurements(const std::vector<PowerRuntimeRow>& rows);

}  // namespace layerwatt::analysis
