#include "layerwatt/dataset/training_table.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"

#include "dataset/text/csv.h"
#include "dataset/training/table_cells.h"

namespace layerwatt {
namespace {

constexpr std::array<std::string_view, 13> kConvolutional = {
    "batch_size",    "input_size_0",  "input_size_1", "input_size_2", "output_size_0",
    "output_size_1", "output_size_2", "kernel_0",     "kernel_1",     "padding_0",
    "padding_1",     "stride_0",      "stride_1"};
constexpr std::array<std::string_view, 11> kPooling = {
    "batch_size",    "input_size_0",  "input_size_1",  "input_size_2",
    "output_size_0", "output_size_1", "output_size_2", "kernel_0",
    "kernel_1",      "stride_0",      "stride_1"};
constexpr std::array<std::string_view, 3> kDense = {"batch_size", "input_size", "output_size"};

/// Where the columns of a table stand.
struct Columns {
  std::vector<std::size_t> features;
  std::size_t power = 0;
  std::size_t run_time = 0;
  std::size_t name = 0;
};

Result<Columns> find_columns(const CsvTable& table, TrainingTableKind kind) {
  Columns columns;
  for (const std::string_view name : feature_columns(kind)) {
    auto column = table.column(name);
    if (!column) return std::move(column).error();
    columns.features.push_back(*column);
  }
  const std::pair<std::string_view, std::size_t*> others[] = {
      {"power", &columns.power}, {"runtime", &columns.run_time}, {"layer_name", &columns.name}};
  for (const auto& [name, place] : others) {
    auto column = table.column(name);
    if (!column) return std::move(column).error();
    *place = *column;
  }
  return columns;
}

Result<TrainingRow> read_row(const CsvTable& table, std::size_t row, const Columns& columns) {
  const dataset::TableCells cells(table, row);
  TrainingRow result;
  for (const std::size_t column : columns.features) {
    auto value = cells.whole(column);
    if (!value) return std::move(value).error();
    result.features.push_back(*value);
  }
  auto power = cells.number_or_empty(columns.power);
  if (!power) return std::move(power).error();
  if (*power && **power < 0.0) return cells.error(columns.power, "a power from 0 µW");
  auto run_time = cells.number(columns.run_time);
  if (!run_time) return std::move(run_time).error();
  if (*run_time <= 0.0) return cells.error(columns.run_time, "a run time above 0 ms");
  result.power_microwatts = *power;
  result.run_time_milliseconds = *run_time;
  result.layer_name = cells.text(columns.name);
  return result;
}

}  // namespace

std::string_view to_string(TrainingTableKind kind) {
  switch (kind) {
    case TrainingTableKind::kConvolutional:
      return "convolutional";
    case TrainingTableKind::kPooling:
      return "pooling";
    case TrainingTableKind::kDense:
      break;
  }
  return "dense";
}

std::span<const std::string_view> feature_columns(TrainingTableKind kind) {
  switch (kind) {
    case TrainingTableKind::kConvolutional:
      return kConvolutional;
    case TrainingTableKind::kPooling:
      return kPooling;
    case TrainingTableKind::kDense:
      break;
  }
  return kDense;
}

Result<void> write_training_table(const std::filesystem::path& path, const TrainingTable& table) {
  std::string text;
  for (const std::string_view column : feature_columns(table.kind)) {
    text += column;
    text += ',';
  }
  text += "power,runtime,layer_name\n";
  for (const TrainingRow& row : table.rows) {
    for (const std::int64_t value : row.features) text += fmt::format("{},", value);
    if (row.power_microwatts) append_shortest(text, *row.power_microwatts);
    text += ',';
    append_shortest(text, row.run_time_milliseconds);
    text += ',' + csv_field(row.layer_name) + '\n';
  }
  // Made from the preprocessed dataset, and can be again.
  auto file = AtomicFile::create(path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  file->write(text);
  return file->commit();
}

Result<TrainingTable> parse_training_table(std::string_view text, TrainingTableKind kind) {
  auto table = CsvTable::parse(text);
  if (!table) return std::move(table).error();
  auto columns = find_columns(*table, kind);
  if (!columns) return std::move(columns).error();
  if (table->rows().empty()) {
    return Error(ErrorCode::kParse, "the table has a header and no rows; nothing can be learnt");
  }
  TrainingTable result{kind, {}};
  for (std::size_t i = 0; i < table->rows().size(); ++i) {
    auto row = read_row(*table, i, *columns);
    if (!row) return std::move(row).error();
    result.rows.push_back(*std::move(row));
  }
  return result;
}

Result<TrainingTable> read_training_table(const std::filesystem::path& path,
                                          TrainingTableKind kind) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto table = parse_training_table(*text, kind);
  if (!table) return std::move(table).error().at(path);
  return table;
}

}  // namespace layerwatt
