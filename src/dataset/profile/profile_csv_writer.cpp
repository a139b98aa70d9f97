#include <string>

#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/profile_columns.h"
#include "layerwatt/dataset/profile_file.h"

#include "dataset/text/csv.h"

namespace layerwatt {
namespace {

struct FieldText {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return format_shortest(number); }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(const std::string& text) const { return csv_field(text); }
  /// A shape, of which the published tables have none.
  std::string operator()(const std::vector<std::int64_t>& numbers) const {
    std::string out;
    for (const std::int64_t n : numbers) out += (out.empty() ? "" : "x") + std::to_string(n);
    return out;
  }
};

}  // namespace

void write_profile_csv(std::ostream& out, const LayerProfile& profile) {
  const auto columns = profile_csv_columns();
  for (std::size_t c = 0; c < columns.size(); ++c) out << (c > 0 ? "," : "") << columns[c]->name;
  out << '\n';
  for (std::size_t i = 0; i < profile.rows.size(); ++i) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      out << (c > 0 ? "," : "") << std::visit(FieldText(), columns[c]->get(profile, i));
    }
    out << '\n';
  }
}

}  // namespace layerwatt
