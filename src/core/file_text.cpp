#include "layerwatt/core/file_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace layerwatt {
namespace {

/// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  /// Closes now, so that an error of close() (NFS, quota) is seen.
  int close_now() {
    const int result = ::close(fd_);
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const auto fail = [&](std::string_view what) { return error_from_errno(errno, what).at(path); };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return fail("open the file");
  std::string text;
  // A hint that spares growing; files of /proc and /sys say 0, and the size may change.
  struct stat info {};
  if (::fstat(file.get(), &info) == 0 && info.st_size > 0) {
    // With room for a terminator or padding, which would else copy it all.
    constexpr std::size_t kRoom = 64;
    text.reserve(std::min(static_cast<std::size_t>(info.st_size), limit) + kRoom);
  }
  std::array<char, 1 << 16> chunk;
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("read the file");
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("the file is larger than {} MiB, the most that is read whole",
                               limit >> 20))
          .at(path);
    }
  }
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  // The process id keeps two writers of the same file from writing into each other's draft.
  std::filesystem::path draft = path;
  draft += fmt::format(".{}.tmp", ::getpid());
  const auto fail = [&](std::string_view what) {
    const int cause = errno;
    ::unlink(draft.c_str());
    return error_from_errno(cause, what).at(path);
  };
  Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return fail("create the file");
  if (!write_all(file.get(), text)) return fail("write the file");
  if (::fsync(file.get()) != 0 && errno != EINVAL) return fail("write the file to the disk");
  if (file.close_now() != 0) return fail("write the file");
  if (::rename(draft.c_str(), path.c_str()) != 0) return fail("move the new file into place");
  return {};
}

}  // namespace layerwatt
