#include "layerwatt/dataset/virtual_mark.h"

#include <sstream>
#include <system_error>

#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/run_file.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace fs = std::filesystem;

bool holds_virtual_power(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / kVirtualTruthFile, ignored)) return true;
  if (fs::exists(folder / kVirtualMarkFile, ignored)) return true;
  if (!fs::exists(folder / "run.json", ignored)) return false;
  const auto run = read_run_file(folder / "run.json");
  return run && run->is_virtual;
}

Result<void> mark_virtual(const fs::path& folder, bool is_virtual) {
  const fs::path mark = folder / kVirtualMarkFile;
  if (!is_virtual) {
    std::error_code error;
    fs::remove(mark, error);
    if (error) return error_from_errno(error.value(), "remove the mark of virtual power").at(mark);
    return {};
  }
  std::ostringstream out;
  {
    JsonWriter json(out);
    json.begin_object()
        .member("virtual", true)
        .member("what",
                "The power in the tables of this folder was synthesised by a simulated board, not "
                "measured.")
        .end_object();
  }
  out << '\n';
  return write_file_atomically(mark, out.str());
}

}  // namespace layerwatt
