#include "experiment/campaign/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace layerwatt {

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "make the folder of results").at(folder);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return error_from_errno(errno, "open the folder of results").at(folder);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return FolderLock(descriptor);
  ::close(descriptor);
  return Error(ErrorCode::kTryAgain,
               "another campaign runs in this folder; wait for it, or name another 'result-dir'")
      .at(folder);
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace layerwatt
