#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "layerwatt/versioning/tracking_file.h"

#include "versioning/dvc/relative_path.h"

/// The path of an accepted file is written so that it reads back as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace layerwatt::versioning;
  const auto file = parse_tracking_file({reinterpret_cast<const char*>(data), size});
  if (!file) return 0;
  for (const TrackedOutput& output : file->outputs) {
    if (!is_utf8(output.path) || output.path.find('\0') != std::string::npos) continue;
    const auto again = parse_tracking_file(format_tracking_file(output));
    if (!again || again->outputs.at(0).path != output.path) std::abort();
  }
  return 0;
}
