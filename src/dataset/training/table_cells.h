#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

#include "dataset/text/csv.h"

namespace layerwatt::dataset {

/// The fields of one row as numbers; errors name line, column and text.
class TableCells {
 public:
  TableCells(const CsvTable& table, std::size_t row) : table_(table), row_(row) {}

  const std::string& text(std::size_t column) const { return table_.rows()[row_][column]; }
  Result<double> number(std::size_t column) const;
  /// An empty field, as pandas writes what is missing, is absent.
  Result<std::optional<double>> number_or_empty(std::size_t column) const;
  /// A whole number from 0; pandas writes one as "3.0" where its column has gaps.
  Result<std::int64_t> whole(std::size_t column) const;
  /// "line 3: 'x' in column 'power' is not <expected>".
  Error error(std::size_t column, std::string_view expected) const;

 private:
  const CsvTable& table_;
  std::size_t row_;
};

}  // namespace layerwatt::dataset
