#include "layerwatt/dataset/isolated_table.h"

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/numbers.h"

#include "dataset/text/csv.h"

namespace layerwatt {
namespace {

std::string list_of(const std::vector<Watts>& samples) {
  std::string list = "[";
  for (const Watts sample : samples) {
    if (list.size() > 1) list += ", ";
    append_shortest(list, sample.value());
  }
  return list + "]";
}

}  // namespace

Result<void> write_isolated_table(const std::filesystem::path& path,
                                  const std::vector<IsolatedTableRow>& rows, bool is_virtual) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  file->write("Layer,Duration (s),Energy (J),Avg Power (W),Power Samples (W)");
  file->write(is_virtual ? ",Virtual\n" : "\n");
  for (const IsolatedTableRow& row : rows) {
    std::string line = csv_field(row.layer);
    for (const double number :
         {to_seconds(row.duration), row.energy.value(), row.average.value()}) {
      line += ',';
      append_shortest(line, number);
    }
    line += ',' + csv_field(list_of(row.samples));
    line += is_virtual ? ",true\n" : "\n";
    file->write(line);
  }
  return file->commit();
}

}  // namespace layerwatt
