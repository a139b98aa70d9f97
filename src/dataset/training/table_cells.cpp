#include "dataset/training/table_cells.h"

#include <fmt/format.h>

#include <cmath>

#include "layerwatt/core/numbers.h"

namespace layerwatt::dataset {

Error TableCells::error(std::size_t column, std::string_view expected) const {
  return {ErrorCode::kParse,
          fmt::format("line {}: '{}' in column '{}' is not {}", table_.line(row_), text(column),
                      table_.header()[column], expected)};
}

Result<double> TableCells::number(std::size_t column) const {
  const auto value = parse_double(text(column));
  if (!value) return error(column, "a finite number");
  return *value;
}

Result<std::optional<double>> TableCells::number_or_empty(std::size_t column) const {
  if (text(column).empty()) return std::optional<double>();
  auto value = number(column);
  if (!value) return std::move(value).error();
  return std::optional<double>(*value);
}

Result<std::int64_t> TableCells::whole(std::size_t column) const {
  constexpr double kLargest = 1e15;  // exact in a double
  const auto value = parse_double(text(column));
  if (!value || *value < 0.0 || *value > kLargest || *value != std::floor(*value)) {
    return error(column, "a whole number from 0");
  }
  return static_cast<std::int64_t>(*value);
}

}  // namespace layerwatt::dataset
