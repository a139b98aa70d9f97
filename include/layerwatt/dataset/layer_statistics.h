#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// All values that were measured of one layer.
struct LayerValues {
  std::string layer_name;
  std::vector<double> values;
};

/// Compensated sum over count, as pandas' groupby gives it. Precondition: not empty.
double compensated_mean(const std::vector<double>& values);

/// `<network>_average_power_stats.csv` and its like:
/// `layer_name,count,mean,std,min,25%,50%,75%,max` as pandas' describe() gives them. Without layers
/// the first name is empty, as there.
Result<void> write_layer_statistics(const std::filesystem::path& path,
                                    const std::vector<LayerValues>& layers);

}  // namespace layerwatt
