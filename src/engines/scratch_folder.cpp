#include "layerwatt/engines/scratch_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace layerwatt {

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::make() {
  std::error_code error;
  const std::filesystem::path base = std::filesystem::temp_directory_path(error);
  if (error) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("no folder for temporary files ({}); set TMPDIR to one that exists",
                             error.message()));
  }
  std::string name = (base / "layerwatt-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return error_from_errno(errno, fmt::format("create a folder under {}", base.string()));
  }
  return std::unique_ptr<ScratchFolder>(new ScratchFolder(name));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace layerwatt
