#include "layerwatt/dataset/power_runtime_csv.h"

#include <fmt/format.h>

#include <array>
#include <system_error>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"

#include "dataset/text/csv.h"

namespace layerwatt {
namespace {

/// Rows laid out while others are being written: large against what starting a thread costs.
constexpr std::size_t kRowsAtOnce = std::size_t{1} << 20;

/// An empty field, as pandas writes what is missing, or a number.
Result<std::optional<double>> optional_number(const CsvTable& table, std::size_t row,
                                              std::size_t column) {
  const std::string& text = table.rows()[row][column];
  if (text.empty()) return std::optional<double>();
  const auto value = parse_double(text);
  if (!value) {
    return Error(ErrorCode::kParse, fmt::format("line {}: '{}' in column '{}' is not a number",
                                                table.line(row), text, table.header()[column]));
  }
  return value;
}

}  // namespace

Result<PowerRuntimeWriter> PowerRuntimeWriter::create(const std::filesystem::path& path,
                                                      const std::vector<LayerLabel>& layers) {
  // Made from the raw dataset, and can be again.
  auto file = AtomicFile::create(path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  std::vector<std::string> labels;
  for (const LayerLabel& layer : layers) {
    labels.push_back("," + csv_field(layer.name) + "," + csv_field(layer.type) + ",");
  }
  file->write(kPowerRuntimeHeader);
  file->write("\n");
  return PowerRuntimeWriter(*std::move(file), std::move(labels));
}

PowerRuntimeWriter::PowerRuntimeWriter(AtomicFile file, std::vector<std::string> labels)
    : behind_(std::make_unique<Behind>(Behind{std::move(file), {}})), labels_(std::move(labels)) {}

void PowerRuntimeWriter::add(std::int64_t cycle, std::size_t layer,
                             std::optional<double> including_idle_microwatts,
                             std::optional<double> excluding_idle_microwatts,
                             double run_time_milliseconds) {
  const fmt::format_int digits(cycle);
  rows_.append(digits.data(), digits.size());
  rows_ += labels_[layer];
  if (including_idle_microwatts) append_shortest(rows_, *including_idle_microwatts);
  rows_ += ',';
  if (excluding_idle_microwatts) append_shortest(rows_, *excluding_idle_microwatts);
  rows_ += ',';
  append_shortest(rows_, run_time_milliseconds);
  rows_ += '\n';
  if (rows_.size() >= kRowsAtOnce) pass_on();
}

void PowerRuntimeWriter::pass_on() {
  if (writing_.valid()) writing_.get();
  behind_->rows.swap(rows_);
  rows_.clear();
  const auto write = [behind = behind_.get()] { behind->file.write(behind->rows); };
  try {
    writing_ = std::async(std::launch::async, write);
  } catch (const std::system_error&) {
    write();  // no thread to be had
  }
}

Result<void> PowerRuntimeWriter::commit() {
  pass_on();
  if (writing_.valid()) writing_.get();
  return behind_->file.commit();
}

Result<std::vector<PowerRuntimeRow>> parse_power_runtime_csv(std::string_view text) {
  auto table = CsvTable::parse(text);
  if (!table) return std::move(table).error();
  std::array<std::size_t, 6> columns{};
  constexpr std::array<std::string_view, 6> kNames{"cycle",
                                                   "layer_name",
                                                   "layer_type",
                                                   "layer_power_including_idle_power_micro_watt",
                                                   "layer_power_excluding_idle_power_micro_watt",
                                                   "layer_run_time"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    auto column = table->column(kNames[i]);
    if (!column) return std::move(column).error();
    columns[i] = *column;
  }
  std::vector<PowerRuntimeRow> rows;
  for (std::size_t i = 0; i < table->rows().size(); ++i) {
    const auto& fields = table->rows()[i];
    const auto cycle = parse_int64(fields[columns[0]]);
    if (!cycle || *cycle < 1) {
      return Error(ErrorCode::kParse, fmt::format("line {}: cycle '{}' is not a number from 1",
                                                  table->line(i), fields[columns[0]]));
    }
    auto including = optional_number(*table, i, columns[3]);
    if (!including) return std::move(including).error();
    auto excluding = optional_number(*table, i, columns[4]);
    if (!excluding) return std::move(excluding).error();
    const auto run_time = parse_double(fields[columns[5]]);
    if (!run_time || *run_time < 0.0) {
      return Error(ErrorCode::kParse, fmt::format("line {}: run time '{}' is not a number from 0",
                                                  table->line(i), fields[columns[5]]));
    }
    rows.push_back(
        {*cycle, fields[columns[1]], fields[columns[2]], *including, *excluding, *run_time});
  }
  return rows;
}

Result<std::vector<PowerRuntimeRow>> read_power_runtime_csv(const std::filesystem::path& path) {
  auto text = read_file(path, std::size_t{2} << 30);
  if (!text) return std::move(text).error();
  auto rows = parse_power_runtime_csv(*text);
  if (!rows) return std::move(rows).error().at(path);
  return rows;
}

}  // namespace layerwatt
