#include "versioning/dvc/project_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

namespace layerwatt::versioning {
namespace {

std::string holder(int file) {
  std::array<char, 64> text{};
  const ssize_t got = ::pread(file, text.data(), text.size(), 0);
  std::string number;
  for (ssize_t i = 0; i < got; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c >= '0' && c <= '9') number += c;
    if (c == '\n') break;
  }
  return number.empty() ? "" : fmt::format(" (process {})", number);
}

}  // namespace

Result<ProjectLock> ProjectLock::take(const Project& project, std::chrono::milliseconds patience) {
  const auto folder = project.dvc_folder() / "tmp";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto path = folder / "lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file) return error_from_errno(errno, "open DVC's lock").at(path);
  constexpr std::chrono::milliseconds kStep(50);
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return error_from_errno(errno, "take DVC's lock").at(path);
    }
    if (patience <= kStep) {
      return Error(
                 ErrorCode::kTryAgain,
                 fmt::format("another layerwatt or DVC{} works on this project; wait until it has "
                             "ended, then run this again",
                             holder(file.get())))
          .at(path);
    }
    patience -= kStep;
    std::this_thread::sleep_for(kStep);
  }
  const std::string number = fmt::format(" {}\n", ::getpid());
  // It only informs; the lock itself is held.
  if (::ftruncate(file.get(), 0) == 0) (void)!::pwrite(file.get(), number.data(), number.size(), 0);
  return ProjectLock(std::move(file));
}

}  // namespace layerwatt::versioning
