#include "layerwatt/dataset/layer_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"

#include "dataset/text/csv.h"
#include "dataset/training/table_cells.h"

namespace layerwatt {
namespace {

using dataset::TableCells;

/// One column: how it is written, how it is read, and whether a table may lack it.
struct Column {
  std::string_view name;
  bool required;
  std::string (*write)(const LayerTableRow& row);
  Result<void> (*read)(const TableCells& cells, std::size_t column, LayerTableRow& row);
};

std::string optional_text(const std::optional<double>& value) {
  return value ? format_shortest(*value) : std::string();
}

template <auto Member>
std::string write_whole(const LayerTableRow& row) {
  return std::to_string(Member(row));
}
template <auto Member>
Result<void> read_whole(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  auto value = cells.whole(column);
  if (!value) return std::move(value).error();
  if (*value < 1) return cells.error(column, "a whole number from 1");
  Member(row) = *value;
  return {};
}
template <auto Member>
Result<void> read_from_zero(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  auto value = cells.whole(column);
  if (!value) return std::move(value).error();
  Member(row) = *value;
  return {};
}
template <auto Member>
std::string write_flag(const LayerTableRow& row) {
  return Member(row) ? "1" : "0";
}
template <auto Member>
Result<void> read_flag(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  auto value = cells.whole(column);
  if (!value || *value > 1) return cells.error(column, "0 or 1");
  Member(row) = *value == 1;
  return {};
}
template <auto Member>
std::string write_number(const LayerTableRow& row) {
  return format_shortest(Member(row));
}
template <auto Member>
Result<void> read_number(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  auto value = cells.number(column);
  if (!value) return std::move(value).error();
  if (*value < 0.0) return cells.error(column, "a number from 0");
  Member(row) = *value;
  return {};
}
template <auto Member>
std::string write_optional(const LayerTableRow& row) {
  return optional_text(Member(row));
}
template <auto Member>
Result<void> read_optional(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  auto value = cells.number_or_empty(column);
  if (!value) return std::move(value).error();
  Member(row) = *value;
  return {};
}
template <auto Member>
std::string write_text(const LayerTableRow& row) {
  return csv_field(Member(row));
}
template <auto Member>
Result<void> read_text(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  Member(row) = cells.text(column);
  return {};
}

std::string write_kind(const LayerTableRow& row) { return std::string(to_string(row.work.kind)); }
Result<void> read_kind(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  const auto kind = parse_work_kind(cells.text(column));
  if (!kind) {
    return cells.error(column, "convolution, pooling, elementwise, other or nothing");
  }
  row.work.kind = *kind;
  return {};
}

Result<void> read_run_time(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  auto value = cells.number(column);
  if (!value) return std::move(value).error();
  if (*value < 0.0) return cells.error(column, "a run time from 0 ms");
  row.run_time_milliseconds = *value;
  return {};
}

Result<void> read_power(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  auto value = cells.number_or_empty(column);
  if (!value) return std::move(value).error();
  if (*value && **value < 0.0) return cells.error(column, "a power from 0 µW");
  row.power_microwatts = *value;
  return {};
}

std::string write_status(const LayerTableRow& row) {
  return row.power_status ? std::string(to_string(*row.power_status)) : std::string();
}
Result<void> read_status(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  const std::string& text = cells.text(column);
  if (text.empty()) return {};
  for (const LayerStatus status :
       {LayerStatus::kResolved, LayerStatus::kMerged, LayerStatus::kUnresolved}) {
    if (to_string(status) != text) continue;
    row.power_status = status;
    return {};
  }
  return cells.error(column, "resolved, merged or unresolved");
}

std::string write_group(const LayerTableRow& row) {
  return row.power_group < 0 ? std::string() : std::to_string(row.power_group);
}
Result<void> read_group(const TableCells& cells, std::size_t column, LayerTableRow& row) {
  if (cells.text(column).empty()) return {};
  auto value = cells.whole(column);
  if (!value) return std::move(value).error();
  row.power_group = *value;
  return {};
}

template <std::size_t I>
constexpr auto kInput = [](auto& row) -> auto& {
  return row.work.input[I];
};
template <std::size_t I>
constexpr auto kOutput = [](auto& row) -> auto& {
  return row.work.output[I];
};
template <std::size_t I>
constexpr auto kKernel = [](auto& row) -> auto& {
  return row.work.kernel[I];
};
template <std::size_t I>
constexpr auto kStride = [](auto& row) -> auto& {
  return row.work.stride[I];
};
template <std::size_t I>
constexpr auto kPadding = [](auto& row) -> auto& {
  return row.work.padding[I];
};
template <std::size_t I>
constexpr auto kDilation = [](auto& row) -> auto& {
  return row.work.dilation[I];
};
constexpr auto kBatch = [](auto& row) -> auto& { return row.work.batch; };
constexpr auto kGroups = [](auto& row) -> auto& { return row.work.groups; };
constexpr auto kActivation = [](auto& row) -> auto& { return row.work.activation; };
constexpr auto kResidual = [](auto& row) -> auto& { return row.work.residual; };
constexpr auto kFlops = [](auto& row) -> auto& { return row.work.flops; };
constexpr auto kInputBytes = [](auto& row) -> auto& { return row.work.input_bytes; };
constexpr auto kOutputBytes = [](auto& row) -> auto& { return row.work.output_bytes; };
constexpr auto kWeightBytes = [](auto& row) -> auto& { return row.work.weight_bytes; };
constexpr auto kPrecision = [](auto& row) -> auto& { return row.work.precision; };
constexpr auto kName = [](auto& row) -> auto& { return row.layer_name; };
constexpr auto kType = [](auto& row) -> auto& { return row.layer_type; };
constexpr auto kRunTime = [](auto& row) -> auto& { return row.run_time_milliseconds; };
constexpr auto kRunTimes = [](auto& row) -> auto& { return row.run_times; };
constexpr auto kPower = [](auto& row) -> auto& { return row.power_microwatts; };
constexpr auto kPowerLow = [](auto& row) -> auto& { return row.power_low_microwatts; };
constexpr auto kPowerHigh = [](auto& row) -> auto& { return row.power_high_microwatts; };
constexpr auto kBoard = [](auto& row) -> auto& { return row.conditions.board; };
constexpr auto kMode = [](auto& row) -> auto& { return row.conditions.power_mode; };
constexpr auto kGpu = [](auto& row) -> auto& { return row.conditions.gpu_hertz; };
constexpr auto kMemory = [](auto& row) -> auto& { return row.conditions.memory_hertz; };
constexpr auto kVirtual = [](auto& row) -> auto& { return row.conditions.is_virtual; };

template <auto Member>
constexpr Column whole(std::string_view name, bool required = true) {
  return {name, required, write_whole<Member>, read_whole<Member>};
}

constexpr Column kColumns[] = {
    {"layer_name", true, write_text<kName>, read_text<kName>},
    {"layer_type", false, write_text<kType>, read_text<kType>},
    {"kind", true, write_kind, read_kind},
    {"precision", false, write_text<kPrecision>, read_text<kPrecision>},
    whole<kBatch>("batch_size"),
    whole<kInput<0>>("input_channels"),
    whole<kInput<1>>("input_height"),
    whole<kInput<2>>("input_width"),
    whole<kOutput<0>>("output_channels"),
    whole<kOutput<1>>("output_height"),
    whole<kOutput<2>>("output_width"),
    whole<kKernel<0>>("kernel_height"),
    whole<kKernel<1>>("kernel_width"),
    whole<kStride<0>>("stride_height"),
    whole<kStride<1>>("stride_width"),
    {"padding_height", false, write_whole<kPadding<0>>, read_from_zero<kPadding<0>>},
    {"padding_width", false, write_whole<kPadding<1>>, read_from_zero<kPadding<1>>},
    whole<kDilation<0>>("dilation_height", false),
    whole<kDilation<1>>("dilation_width", false),
    whole<kGroups>("groups", false),
    {"activation", false, write_flag<kActivation>, read_flag<kActivation>},
    {"residual", false, write_flag<kResidual>, read_flag<kResidual>},
    {"flops", false, write_number<kFlops>, read_number<kFlops>},
    {"input_bytes", false, write_number<kInputBytes>, read_number<kInputBytes>},
    {"output_bytes", false, write_number<kOutputBytes>, read_number<kOutputBytes>},
    {"weight_bytes", false, write_number<kWeightBytes>, read_number<kWeightBytes>},
    {"run_time_millisecond", true, write_number<kRunTime>, read_run_time},
    {"run_times", false, write_whole<kRunTimes>, read_from_zero<kRunTimes>},
    {"power_microwatt", false, write_optional<kPower>, read_power},
    {"power_low_microwatt", false, write_optional<kPowerLow>, read_optional<kPowerLow>},
    {"power_high_microwatt", false, write_optional<kPowerHigh>, read_optional<kPowerHigh>},
    {"power_status", false, write_status, read_status},
    {"power_group", false, write_group, read_group},
    {"board", false, write_text<kBoard>, read_text<kBoard>},
    {"power_mode", false, write_text<kMode>, read_text<kMode>},
    {"gpu_hertz", false, write_optional<kGpu>, read_optional<kGpu>},
    {"memory_hertz", false, write_optional<kMemory>, read_optional<kMemory>},
    {"virtual", false, write_flag<kVirtual>, read_flag<kVirtual>},
};

/// A column of kColumns that a table has, and where.
struct Found {
  const Column* column;
  std::size_t at;
};

Result<std::vector<Found>> find_columns(const CsvTable& table) {
  std::vector<Found> found;
  for (const Column& column : kColumns) {
    const bool there = std::ranges::find(table.header(), column.name) != table.header().end();
    if (!there && !column.required) continue;
    auto at = table.column(column.name);
    if (!at) return std::move(at).error();
    found.push_back({&column, *at});
  }
  return found;
}

/// Bytes and FLOPs follow from the shape where the table has none.
void complete(LayerTableRow& row, bool has_bytes) {
  if (has_bytes) return;
  const double size = element_bytes(row.work.precision);
  count_work(row.work, size);
}

}  // namespace

Result<void> write_layer_table(const std::filesystem::path& path,
                               const std::vector<LayerTableRow>& rows) {
  std::string text;
  for (const Column& column : kColumns) {
    if (!text.empty()) text += ',';
    text += column.name;
  }
  text += '\n';
  for (const LayerTableRow& row : rows) {
    for (std::size_t i = 0; i < std::size(kColumns); ++i) {
      if (i > 0) text += ',';
      text += kColumns[i].write(row);
    }
    text += '\n';
  }
  auto file = AtomicFile::create(path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  file->write(text);
  return file->commit();
}

Result<std::vector<LayerTableRow>> parse_layer_table(std::string_view text) {
  auto table = CsvTable::parse(text);
  if (!table) return std::move(table).error();
  auto columns = find_columns(*table);
  if (!columns) return std::move(columns).error();
  if (table->rows().empty()) {
    return Error(ErrorCode::kParse, "the table has a header and no rows; nothing can be learnt");
  }
  const bool has_bytes = std::ranges::find(table->header(), "input_bytes") != table->header().end();
  std::vector<LayerTableRow> rows(table->rows().size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TableCells cells(*table, i);
    for (const Found& found : *columns) {
      if (auto done = found.column->read(cells, found.at, rows[i]); !done) {
        return std::move(done).error();
      }
    }
    complete(rows[i], has_bytes);
  }
  return rows;
}

Result<std::vector<LayerTableRow>> read_layer_table(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto rows = parse_layer_table(*text);
  if (!rows) return std::move(rows).error().at(path);
  return rows;
}

}  // namespace layerwatt
