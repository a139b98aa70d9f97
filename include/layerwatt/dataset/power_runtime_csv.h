#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
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
/// (RFC 4180), floats by their shortest text, absent power as an empty field. Rows are handed to
/// the kernel by a thread of its own while the next are laid out: a table is often larger than all
/// that it is made from. One thread may call it.
class PowerRuntimeWriter {
 public:
  /// Layers are rows' first index; their names and types are quoted once.
  struct LayerLabel {
    std::string name;
    std::string type;
  };
  static Result<PowerRuntimeWriter> create(const std::filesystem::path& path,
                                           const std::vector<LayerLabel>& layers);
  PowerRuntimeWriter(PowerRuntimeWriter&&) noexcept = default;

  void add(std::int64_t cycle, std::size_t layer, std::optional<double> including_idle_microwatts,
           std::optional<double> excluding_idle_microwatts, double run_time_milliseconds);
  Result<void> commit();

 private:
  PowerRuntimeWriter(AtomicFile file, std::vector<std::string> labels);
  /// Waits for the rows that are being written, and begins to write those laid out since.
  void pass_on();

  /// What the writing thread has; its address stays when the writer moves.
  struct Behind {
    AtomicFile file;
    std::string rows;
  };
  std::unique_ptr<Behind> behind_;
  std::vector<std::string> labels_;
  std::string rows_;
  // Last: its destructor waits for the thread.
  std::future<void> writing_;
};

/// Takes one row after the other: a table of a long run is far larger than what is made from it.
using PowerRuntimeVisitor = std::function<void(const PowerRuntimeRow& row)>;

/// Hands over the rows of a table. Columns are found by name, so that more columns or another order
/// do no harm; an error has the 1-based line, and comes after the rows before it.
Result<void> parse_power_runtime_csv(std::string_view text, const PowerRuntimeVisitor& visit);
Result<void> read_power_runtime_csv(const std::filesystem::path& path,
                                    const PowerRuntimeVisitor& visit);

}  // namespace layerwatt
