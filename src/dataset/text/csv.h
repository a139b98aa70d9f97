#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// One field as Python's csv module and pandas write it: in quotes only if it holds a comma, a
/// quote or a line break (RFC 4180), quotes doubled.
std::string csv_field(std::string_view text);

/// Reads CSV record by record: RFC 4180, with \n or \r\n, and line breaks inside quotes.
class CsvReader {
 public:
  /// `text` must outlive the reader.
  explicit CsvReader(std::string_view text) : text_(text) {}

  /// The next record that is not an empty line; nullopt at the end. kParse for a quote that is not
  /// closed, or with text after it.
  Result<std::optional<std::vector<std::string>>> next();
  /// 1-based line on which the last record began.
  long line() const { return record_line_; }

 private:
  std::string_view text_;
  long line_ = 1;
  long record_line_ = 0;
};

/// The rows of a table with a header, one at a time; its columns are found by name.
class CsvRows {
 public:
  /// `text` must outlive the rows.
  static Result<CsvRows> begin(std::string_view text);

  /// Index of a column, or an error that lists the columns there are.
  Result<std::size_t> column(std::string_view name) const;
  const std::vector<std::string>& header() const { return header_; }
  /// The next row, with a field for each column; nullopt at the end.
  Result<std::optional<std::vector<std::string>>> next();
  /// 1-based line on which the last row began.
  long line() const { return reader_.line(); }

 private:
  explicit CsvRows(std::string_view text) : reader_(text) {}

  CsvReader reader_;
  std::vector<std::string> header_;
};

/// A table with a header, whole.
class CsvTable {
 public:
  static Result<CsvTable> parse(std::string_view text);

  /// Index of a column, or an error that lists the columns there are.
  Result<std::size_t> column(std::string_view name) const;
  const std::vector<std::string>& header() const { return header_; }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }
  /// 1-based line of a row.
  long line(std::size_t row) const { return lines_[row]; }

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<long> lines_;
};

}  // namespace layerwatt
