#include "versioning/dvc/file_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "versioning/dvc/descriptor.h"

namespace layerwatt::versioning {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18;

bool is_zero(const char* data, std::size_t size) {
  return data[0] == 0 && std::memcmp(data, data + 1, size - 1) == 0;
}

Result<void> write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(to, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return error_from_errno(errno, "write a copy");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<HashedFile> copy_and_hash(int from, int to, HashKind kind) {
  if (::ioctl(to, FICLONE, from) == 0) return hash_descriptor(to, kind);
  ContentHash hash(kind);
  HashedFile copied;
  std::vector<char> buffer(kBlock);
  while (true) {
    const ssize_t got =
        ::pread(from, buffer.data(), buffer.size(), static_cast<off_t>(copied.size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error_from_errno(errno, "read the file");
    if (got == 0) break;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    hash.update(bytes);
    copied.size += bytes.size();
    if (bytes.size() == kBlock && is_zero(bytes.data(), bytes.size())) {
      if (::lseek(to, static_cast<off_t>(copied.size), SEEK_SET) < 0) {
        return error_from_errno(errno, "write a copy");
      }
      continue;
    }
    if (auto written = write_all(to, bytes); !written) return std::move(written).error();
  }
  // A hole at the end.
  if (::ftruncate(to, static_cast<off_t>(copied.size)) != 0) {
    return error_from_errno(errno, "write a copy");
  }
  copied.hex = hash.hex();
  return copied;
}

Result<void> copy_bytes(int from, int to) {
  if (::ioctl(to, FICLONE, from) == 0) return {};
  struct stat size {};
  if (::fstat(from, &size) != 0) return error_from_errno(errno, "read the file");
  off_t done = 0;
  while (done < size.st_size) {
    // Holes stay holes.
    const off_t data = ::lseek(from, done, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    off_t begin = data < 0 ? done : data;
    off_t end = data < 0 ? size.st_size : ::lseek(from, begin, SEEK_HOLE);
    if (end < 0) end = size.st_size;
    off_t place = begin;
    while (begin < end) {
      ssize_t copied =
          ::copy_file_range(from, &begin, to, &place, static_cast<std::size_t>(end - begin), 0);
      if (copied < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
                         errno == EOPNOTSUPP || errno == EPERM)) {
        if (::lseek(to, place, SEEK_SET) < 0) return error_from_errno(errno, "write a copy");
        copied = ::sendfile(to, from, &begin, static_cast<std::size_t>(end - begin));
        if (copied > 0) place += copied;
      }
      if (copied < 0 && errno == EINTR) continue;
      if (copied < 0) return error_from_errno(errno, "write a copy");
      if (copied == 0) break;
    }
    done = end;
  }
  if (::ftruncate(to, size.st_size) != 0) return error_from_errno(errno, "write a copy");
  return {};
}

Result<void> copy_into_place(const std::filesystem::path& from, const std::filesystem::path& to,
                             unsigned mode) {
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) return error_from_errno(errno, "open the file").at(from);
  std::filesystem::path draft = to;
  draft.replace_filename(fmt::format(".layerwatt.{}.{}.tmp", ::getpid(), ::gettid()));
  ::unlink(draft.c_str());
  Descriptor copy(::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!copy) return error_from_errno(errno, "create the file").at(to);
  auto copied = copy_bytes(source.get(), copy.get());
  if (copied && copy.close() != 0) copied = error_from_errno(errno, "write the file");
  if (copied && ::rename(draft.c_str(), to.c_str()) != 0) {
    copied = error_from_errno(errno, "move the file into place");
  }
  if (copied) return {};
  ::unlink(draft.c_str());
  return std::move(copied).error().at(to);
}

}  // namespace layerwatt::versioning
