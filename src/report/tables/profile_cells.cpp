#include "report/tables/profile_cells.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/profile_columns.h"

namespace layerwatt {
namespace {

std::string number_text(double number, ColumnUnit unit) {
  switch (unit) {
    case ColumnUnit::kSecond:
      return format_si(number, "s");
    case ColumnUnit::kWatt:
      return format_si(number, "W");
    case ColumnUnit::kJoule:
      return format_si(number, "J");
    case ColumnUnit::kPart:
      return format_fixed(100.0 * number, 1) + " %";
    case ColumnUnit::kNone:
      break;
  }
  return format_significant(number, 3);
}

struct CellText {
  const ProfileColumn& column;
  std::string operator()(std::monostate) const {
    const bool is_number =
        column.kind == ColumnKind::kNumber || column.kind == ColumnKind::kInteger;
    return is_number ? "–" : "";
  }
  std::string operator()(std::int64_t number) const { return format_grouped(number); }
  std::string operator()(double number) const { return number_text(number, column.unit); }
  std::string operator()(bool flag) const { return flag ? "yes" : "no"; }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const std::vector<std::int64_t>& shape) const {
    return fmt::format("{}", fmt::join(shape, "×"));
  }
};

}  // namespace

std::string profile_cell(const LayerProfile& profile, std::size_t row, std::string_view name) {
  const ProfileColumn& column = profile_column(name);
  return std::visit(CellText{column}, column.get(profile, row));
}

std::string profile_interval(const LayerProfile& profile, std::size_t row, std::string_view low,
                             std::string_view high, std::string_view between) {
  const ProfileColumn& column = profile_column(low);
  const ProfileValue from = column.get(profile, row);
  const ProfileValue to = profile_column(high).get(profile, row);
  if (!std::holds_alternative<double>(from) || !std::holds_alternative<double>(to)) return "";
  return fmt::format("{}{}{}", std::visit(CellText{column}, from), between,
                     std::visit(CellText{column}, to));
}

}  // namespace layerwatt
