#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/layer_work.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

inline constexpr std::string_view kLayerTableFileName = "layers.csv";

/// Where and how a layer was measured; rows of different conditions do not mix unasked.
struct MeasuringConditions {
  std::string board;
  std::string power_mode;
  std::optional<double> gpu_hertz;
  std::optional<double> memory_hertz;
  bool is_virtual = false;

  friend bool operator==(const MeasuringConditions&, const MeasuringConditions&) = default;
};

/// One measured layer with all that prediction learns from, in the units of the file.
struct LayerTableRow {
  std::string layer_name;
  std::string layer_type;
  LayerWork work;
  double run_time_milliseconds = 0.0;
  std::int64_t run_times = 0;
  /// Above idle. Its interval and status where `solve` gave them; a mean of samples has neither.
  std::optional<double> power_microwatts;
  std::optional<double> power_low_microwatts;
  std::optional<double> power_high_microwatts;
  std::optional<LayerStatus> power_status;
  /// Rows of one group were told only together; −1 outside a group.
  std::int64_t power_group = -1;
  MeasuringConditions conditions;
};

/// `layers.csv`: layerwatt's own training table (docs/prediction.md lists its columns).
Result<void> write_layer_table(const std::filesystem::path& path,
                               const std::vector<LayerTableRow>& rows);

/// Columns are found by name. Only the shape, the kind and the run time must be there; kParse as
/// for the published tables.
Result<std::vector<LayerTableRow>> parse_layer_table(std::string_view text);
Result<std::vector<LayerTableRow>> read_layer_table(const std::filesystem::path& path);

}  // namespace layerwatt
