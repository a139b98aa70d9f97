#include "sensors/tegrastats/line_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace layerwatt {
namespace {

constexpr std::size_t kCapacity = std::size_t{1} << 16;
constexpr Duration kFlushEvery = std::chrono::seconds(1);

}  // namespace

Result<LineLog> LineLog::create(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return error_from_errno(errno, "write the lines of tegrastats").at(path);
  return LineLog(fd);
}

LineLog::LineLog(int fd) : fd_(fd), flushed_(MonotonicClock::now()) { buffer_.reserve(kCapacity); }

LineLog::LineLog(LineLog&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      flushed_(other.flushed_) {}

LineLog::~LineLog() {
  if (fd_ < 0) return;
  flush(flushed_);
  if (fd_ >= 0) ::close(fd_);
}

void LineLog::add(Instant arrival, std::string_view line) noexcept {
  constexpr std::size_t kPrefix = 32;
  if (fd_ < 0 || line.size() + kPrefix > kCapacity) return;
  if (buffer_.size() + line.size() + kPrefix > kCapacity) flush(arrival);
  // Seconds with nine digits behind the point.
  std::array<char, 24> digits{};
  std::size_t begin = digits.size();
  std::int64_t ns = to_ns(arrival);
  for (int i = 0; ns > 0 || i < 10; ++i) {
    if (i == 9) digits[--begin] = '.';
    digits[--begin] = static_cast<char>('0' + ns % 10);
    ns /= 10;
  }
  buffer_.append(digits.data() + begin, digits.size() - begin);
  buffer_.append("::");
  buffer_.append(line);
  buffer_.push_back('\n');
  if (arrival - flushed_ >= kFlushEvery) flush(arrival);
}

void LineLog::flush(Instant now) noexcept {
  flushed_ = now;
  std::string_view left = buffer_;
  while (!left.empty()) {
    const ssize_t wrote = ::write(fd_, left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      ::close(std::exchange(fd_, -1));
      break;
    }
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
  buffer_.clear();
}

}  // namespace layerwatt
