#include "layerwatt/core/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <streambuf>
#include <vector>

namespace layerwatt {

class AtomicFile::Buffer : public std::streambuf {
 public:
  Buffer(std::filesystem::path path, std::filesystem::path draft, int fd, Durability durability)
      : path_(std::move(path)), draft_(std::move(draft)), fd_(fd), durability_(durability) {
    constexpr std::size_t kBytes = std::size_t{1} << 18;
    bytes_.resize(kBytes);
    setp(bytes_.data(), bytes_.data() + bytes_.size());
  }
  ~Buffer() override {
    if (fd_ < 0) return;
    ::close(fd_);
    remove_draft();
  }

  Result<void> commit() {
    drain();
    // EINVAL: a file system without fsync (some FUSE mounts).
    if (failure_ == 0 && durability_ == Durability::kOnDisk && ::fsync(fd_) != 0 &&
        errno != EINVAL) {
      failure_ = errno;
    }
    if (::close(fd_) != 0 && failure_ == 0) failure_ = errno;
    fd_ = -1;
    if (failure_ != 0) {
      remove_draft();
      return error_from_errno(failure_, "write the file").at(path_);
    }
    if (draft_.empty() || ::rename(draft_.c_str(), path_.c_str()) == 0) return {};
    const int cause = errno;
    remove_draft();
    return error_from_errno(cause, "move the new file into place").at(path_);
  }

 protected:
  int_type overflow(int_type c) override {
    if (!drain()) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }

 private:
  void remove_draft() const {
    if (!draft_.empty()) ::unlink(draft_.c_str());
  }

  bool drain() {
    const char* data = pbase();
    while (failure_ == 0 && data < pptr()) {
      const ssize_t written = ::write(fd_, data, static_cast<std::size_t>(pptr() - data));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        failure_ = errno;
      } else {
        data += written;
      }
    }
    setp(bytes_.data(), bytes_.data() + bytes_.size());
    return failure_ == 0;
  }

  std::filesystem::path path_;
  /// Empty where the place itself is written.
  std::filesystem::path draft_;
  int fd_;
  Durability durability_;
  std::vector<char> bytes_;
  /// The first errno value that went wrong.
  int failure_ = 0;
};

AtomicFile::AtomicFile(std::unique_ptr<Buffer> buffer)
    : buffer_(std::move(buffer)), stream_(std::make_unique<std::ostream>(buffer_.get())) {}
AtomicFile::AtomicFile(AtomicFile&&) noexcept = default;
AtomicFile& AtomicFile::operator=(AtomicFile&&) noexcept = default;
AtomicFile::~AtomicFile() = default;

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path, Durability durability) {
  std::filesystem::path place = path;
  std::filesystem::path draft;
  struct stat there {};
  const bool exists = ::stat(path.c_str(), &there) == 0;
  const bool is_stream = exists && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
  if (!is_stream) {
    // A link stays a link: the file that it leads to is replaced.
    std::error_code error;
    if (exists) place = std::filesystem::canonical(path, error);
    if (error) place = path;
    draft = place;
    draft += fmt::format(".{}.tmp", ::getpid());
  }
  // A directory in the way shows now, not after all has been written.
  if (exists && S_ISDIR(there.st_mode)) return error_from_errno(EISDIR, "create the file").at(path);
  const int fd = is_stream ? ::open(path.c_str(), O_WRONLY | O_CLOEXEC)
                           : ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return error_from_errno(errno, "create the file").at(path);
  return AtomicFile(std::make_unique<Buffer>(std::move(place), std::move(draft), fd, durability));
}

void AtomicFile::write(std::string_view text) {
  buffer_->sputn(text.data(), static_cast<std::streamsize>(text.size()));
}

std::ostream& AtomicFile::stream() { return *stream_; }

Result<void> AtomicFile::commit() { return buffer_->commit(); }

}  // namespace layerwatt
