#include "versioning/remotes/draft.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace layerwatt::versioning {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18;

bool is_hole(std::string_view bytes) {
  constexpr std::size_t kLeast = 4096;
  return bytes.size() >= kLeast && bytes[0] == 0 &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

Draft::Draft(ObjectKey key, std::filesystem::path path, Descriptor file)
    : key_(std::move(key)),
      path_(std::move(path)),
      file_(std::move(file)),
      hash_(std::make_unique<ContentHash>(key_.hash)) {}

Result<Draft> Draft::open(const Cache& cache, const ObjectKey& key) {
  auto path = cache.draft_of(key);
  if (!path) return std::move(path).error();
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  Descriptor file(::open(path->c_str(), kFlags, 0644));
  if (!file) return error_from_errno(errno, "create the file").at(*path);
  struct stat ours {};
  struct stat there {};
  const bool is_ours = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 &&
                       ::fstat(file.get(), &ours) == 0 && ::stat(path->c_str(), &there) == 0 &&
                       ours.st_ino == there.st_ino;
  if (!is_ours) {
    *path += fmt::format(".{}", ::getpid());
    file = Descriptor(::open(path->c_str(), kFlags | O_TRUNC, 0644));
    if (!file) return error_from_errno(errno, "create the file").at(*path);
  }
  Draft draft(key, *std::move(path), std::move(file));
  if (auto taken = draft.take_over(); !taken) return std::move(taken).error();
  return draft;
}

Draft::~Draft() {
  if (file_ && size_ == 0) ::unlink(path_.c_str());
}

Result<void> Draft::take_over() {
  std::vector<char> buffer(kBlock);
  while (true) {
    const ssize_t got =
        ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(size_));
    if (got < 0) return error_from_errno(errno, "read what was fetched before").at(path_);
    if (got == 0) return {};
    hash_->update({buffer.data(), static_cast<std::size_t>(got)});
    size_ += static_cast<std::uint64_t>(got);
  }
}

Result<void> Draft::restart() {
  if (::ftruncate(file_.get(), 0) != 0) return error_from_errno(errno, "begin anew").at(path_);
  hash_ = std::make_unique<ContentHash>(key_.hash);
  size_ = 0;
  return {};
}

Result<void> Draft::append(std::string_view bytes) {
  hash_->update(bytes);
  if (is_hole(bytes)) {
    size_ += bytes.size();
    return {};
  }
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return error_from_errno(errno, "write what is fetched").at(path_);
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> Draft::finish(const Cache& cache) {
  const std::string hex = hash_->hex();
  if (hex != key_.id.hex()) {
    ::unlink(path_.c_str());
    size_ = 0;
    file_.close();
    return Error(ErrorCode::kParse,
                 fmt::format("the object is damaged at the remote: its MD5 is {} instead of {}; "
                             "nothing was written. Push it again from where the data are whole",
                             hex, key_.id.hex()));
  }
  // A hole at the end.
  if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0 || file_.close() != 0) {
    return error_from_errno(errno, "write what is fetched").at(path_);
  }
  return cache.adopt(path_, key_);
}

}  // namespace layerwatt::versioning
