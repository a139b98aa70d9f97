#include "dataset/text/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace layerwatt {
namespace {

Result<std::size_t> column_of(const std::vector<std::string>& header, std::string_view name) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) {
    return Error(ErrorCode::kParse,
                 fmt::format("no column '{}'; there are: {}", name, fmt::join(header, ", ")));
  }
  return static_cast<std::size_t>(found - header.begin());
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted += '"';
}

Result<std::optional<std::vector<std::string>>> CsvReader::next() {
  using Record = std::optional<std::vector<std::string>>;
  while (!text_.empty() && (text_.front() == '\n' || text_.front() == '\r')) {
    if (text_.front() == '\n') ++line_;
    text_.remove_prefix(1);
  }
  if (text_.empty()) return Record();
  record_line_ = line_;
  std::vector<std::string> fields;
  for (;;) {
    std::string field;
    if (!text_.empty() && text_.front() == '"') {
      text_.remove_prefix(1);
      for (;;) {
        const std::size_t quote = text_.find('"');
        if (quote == std::string_view::npos) {
          return Error(ErrorCode::kParse,
                       fmt::format("line {}: a quoted field is not closed; is the file cut off?",
                                   record_line_));
        }
        const std::string_view part = text_.substr(0, quote);
        line_ += std::count(part.begin(), part.end(), '\n');
        field += part;
        text_.remove_prefix(quote + 1);
        if (text_.empty() || text_.front() != '"') break;
        field += '"';
        text_.remove_prefix(1);
      }
      if (!text_.empty() &&
          std::string_view(",\r\n").find(text_.front()) == std::string_view::npos) {
        return Error(ErrorCode::kParse,
                     fmt::format("line {}: text after the closing quote of a field", line_));
      }
    } else {
      const std::size_t end = std::min(text_.find_first_of(",\r\n"), text_.size());
      field = text_.substr(0, end);
      text_.remove_prefix(end);
    }
    fields.push_back(std::move(field));
    if (text_.empty()) break;
    const char c = text_.front();
    text_.remove_prefix(1);
    if (c == ',') continue;
    if (c == '\r' && !text_.empty() && text_.front() == '\n') text_.remove_prefix(1);
    ++line_;
    break;
  }
  return Record(std::move(fields));
}

Result<CsvRows> CsvRows::begin(std::string_view text) {
  // The mark that some spreadsheets put at the front.
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  CsvRows rows(text);
  auto header = rows.reader_.next();
  if (!header) return std::move(header).error();
  if (!*header) return Error(ErrorCode::kParse, "the table is empty");
  rows.header_ = **std::move(header);
  return rows;
}

Result<std::optional<std::vector<std::string>>> CsvRows::next() {
  auto row = reader_.next();
  if (row && *row && (*row)->size() != header_.size()) {
    return Error(ErrorCode::kParse,
                 fmt::format("line {}: {} fields, but the header has {}; is the line cut off?",
                             line(), (*row)->size(), header_.size()));
  }
  return row;
}

Result<std::size_t> CsvRows::column(std::string_view name) const {
  return column_of(header_, name);
}

Result<CsvTable> CsvTable::parse(std::string_view text) {
  auto rows = CsvRows::begin(text);
  if (!rows) return std::move(rows).error();
  CsvTable table;
  table.header_ = rows->header();
  for (;;) {
    auto row = rows->next();
    if (!row) return std::move(row).error();
    if (!*row) return table;
    table.rows_.push_back(**std::move(row));
    table.lines_.push_back(rows->line());
  }
}

Result<std::size_t> CsvTable::column(std::string_view name) const {
  return column_of(header_, name);
}

}  // namespace layerwatt
