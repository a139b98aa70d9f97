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

/// The columns that a row is made of.
class PowerRuntimeColumns {
 public:
  static Result<PowerRuntimeColumns> of(const CsvRows& rows) {
    PowerRuntimeColumns columns;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      auto column = rows.column(kNames[i]);
      if (!column) return std::move(column).error();
      columns.places_[i] = *column;
    }
    return columns;
  }

  /// `fields` are those of line `line`.
  Result<PowerRuntimeRow> row_of(std::vector<std::string> fields, long line) const {
    PowerRuntimeRow row;
    const auto cycle = parse_int64(fields[places_[0]]);
    if (!cycle || *cycle < 1) {
      return Error(ErrorCode::kParse, fmt::format("line {}: cycle '{}' is not a number from 1",
                                                  line, fields[places_[0]]));
    }
    row.cycle = *cycle;
    auto including = power_at(fields, 3, line);
    if (!including) return std::move(including).error();
    auto excluding = power_at(fields, 4, line);
    if (!excluding) return std::move(excluding).error();
    row.including_idle_microwatts = *including;
    row.excluding_idle_microwatts = *excluding;
    const auto run_time = parse_double(fields[places_[5]]);
    if (!run_time || *run_time < 0.0) {
      return Error(ErrorCode::kParse, fmt::format("line {}: run time '{}' is not a number from 0",
                                                  line, fields[places_[5]]));
    }
    row.run_time_milliseconds = *run_time;
    row.layer_name = std::move(fields[places_[1]]);
    row.layer_type = std::move(fields[places_[2]]);
    return row;
  }

 private:
  /// An empty field, as pandas writes what is missing, or a number.
  Result<std::optional<double>> power_at(const std::vector<std::string>& fields, std::size_t name,
                                         long line) const {
    const std::string& text = fields[places_[name]];
    if (text.empty()) return std::optional<double>();
    const auto value = parse_double(text);
    if (!value) {
      return Error(ErrorCode::kParse, fmt::format("line {}: '{}' in column '{}' is not a number",
                                                  line, text, kNames[name]));
    }
    return value;
  }

  static constexpr std::array<std::string_view, 6> kNames{
      "cycle",
      "layer_name",
      "layer_type",
      "layer_power_including_idle_power_micro_watt",
      "layer_power_excluding_idle_power_micro_watt",
      "layer_run_time"};
  std::array<std::size_t, 6> places_{};
};

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

Result<void> parse_power_runtime_csv(std::string_view text, const PowerRuntimeVisitor& visit) {
  auto rows = CsvRows::begin(text);
  if (!rows) return std::move(rows).error();
  auto columns = PowerRuntimeColumns::of(*rows);
  if (!columns) return std::move(columns).error();
  for (;;) {
    auto fields = rows->next();
    if (!fields) return std::move(fields).error();
    if (!*fields) return {};
    auto row = columns->row_of(**std::move(fields), rows->line());
    if (!row) return std::move(row).error();
    visit(*row);
  }
}

Result<void> read_power_runtime_csv(const std::filesystem::path& path,
                                    const PowerRuntimeVisitor& visit) {
  auto text = read_file(path, std::size_t{2} << 30);
  if (!text) return std::move(text).error();
  auto done = parse_power_runtime_csv(*text, visit);
  if (!done) return std::move(done).error().at(path);
  return {};
}

}  // namespace layerwatt
