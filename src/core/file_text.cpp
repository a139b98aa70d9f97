#include "layerwatt/core/file_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "layerwatt/core/atomic_file.h"

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

 private:
  int fd_;
};

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
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  file->write(text);
  return file->commit();
}

}  // namespace layerwatt
