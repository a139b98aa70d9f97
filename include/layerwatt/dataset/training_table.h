#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// The three published tables of training data.
enum class TrainingTableKind { kConvolutional, kPooling, kDense };

inline constexpr TrainingTableKind kTrainingTableKinds[] = {
    TrainingTableKind::kConvolutional, TrainingTableKind::kPooling, TrainingTableKind::kDense};

/// "convolutional", "pooling", "dense"; the file's name without ".csv".
std::string_view to_string(TrainingTableKind kind);
/// Names of the feature columns, in the published order.
std::span<const std::string_view> feature_columns(TrainingTableKind kind);

struct TrainingRow {
  std::string layer_name;
  /// In the order of feature_columns().
  std::vector<std::int64_t> features;
  /// Mean above idle; absent where no sample fell into the layer.
  std::optional<double> power_microwatts;
  double run_time_milliseconds = 0.0;
};

struct TrainingTable {
  TrainingTableKind kind = TrainingTableKind::kConvolutional;
  std::vector<TrainingRow> rows;
};

/// Writes the features, then power, runtime and layer_name, as pandas lays them out.
Result<void> write_training_table(const std::filesystem::path& path, const TrainingTable& table);

/// Columns are found by name, so that their order does no harm. kParse names line and column of a
/// value that is no number, of a feature that is not whole and from 0, of a negative power, of a
/// run time that is not above 0; a table without rows is kParse too.
Result<TrainingTable> parse_training_table(std::string_view text, TrainingTableKind kind);
Result<TrainingTable> read_training_table(const std::filesystem::path& path,
                                          TrainingTableKind kind);

}  // namespace layerwatt
