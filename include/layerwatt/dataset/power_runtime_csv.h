#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

/// One row of `power_runtime_mapping_layerwise.csv`, in the units of the file.
struct PowerRuntimeRow {
  /// Counts from 1.
  std::int64_t cycle = 1;
  std::string layer_name;
  std::string layer_type;
  /// Absent: no sample fell into the layer.
  std::optional<double> including_idle_microwatts;
  std::optional<double> excluding_idle_microwatts;
  double run_time_milliseconds = 0.0;
};

inline constexpr std::string_view kPowerRuntimeFileName = "power_runtime_mapping_layerwise.csv";
inline constexpr std::string_view kPowerRuntimeHeader =
    "cycle,layer_name,layer_type,layer_power_including_idle_power_micro_watt,"
    "layer_power_excluding_idle_power_micro_watt,layer_run_time";

/// Writes the table as a stream, laid out as pandas does: fields quoted only where they must be
/// (RFC 4180), floats by their shortest text, absent power as an empty field.
class PowerRuntimeWriter {
 public:
  /// Layers are rows' first index; their names and types are quoted once.
  struct LayerLabel {
    std::string name;
    std::string type;
  };
  static Result<PowerRuntimeWriter> create(const std::filesystem::path& path,
                                           const std::vector<LayerLabel>& layers);

  void add(std::int64_t cycle, std::size_t layer, std::optional<double> including_idle_microwatts,
           std::optional<double> excluding_idle_microwatts, double run_time_milliseconds);
  Result<void> commit();

 private:
  PowerRuntimeWriter(AtomicFile file, std::vector<std::string> labels)
      : file_(std::move(file)), labels_(std::move(labels)) {}
  AtomicFile file_;
  std::vector<std::string> labels_;
  std::string line_;
};

/// Parses the whole table. Columns are found by name, so that more columns or another order do no
/// harm; an error has the 1-based line.
Result<std::vector<PowerRuntimeRow>> parse_power_runtime_csv(std::string_view text);
Result<std::vector<PowerRuntimeRow>> read_power_runtime_csv(const std::filesystem::path& path);

}  // namespace layerwatt
