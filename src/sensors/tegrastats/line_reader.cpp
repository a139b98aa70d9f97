#include "sensors/tegrastats/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "layerwatt/core/time.h"

namespace layerwatt {

Arrived LineReader::next(std::chrono::milliseconds timeout, std::string_view& line) noexcept {
  const Instant deadline = MonotonicClock::now() + timeout;
  drop_last_line();
  together_ = true;
  for (;;) {
    if (const auto* newline =
            static_cast<const char*>(std::memchr(buffer_.data(), '\n', filled_))) {
      length_ = static_cast<std::size_t>(newline - buffer_.data());
      line = std::string_view(buffer_.data(), length_);
      has_line_ = true;
      if (!skips_) return Arrived::kLine;
      skips_ = false;
      drop_last_line();
      continue;
    }
    if (filled_ == buffer_.size()) {
      filled_ = 0;
      skips_ = true;
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - MonotonicClock::now());
    if (left.count() < 0) return Arrived::kTimeout;
    pollfd waiting{fd_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) return Arrived::kTimeout;
    if (ready == 0) return Arrived::kTimeout;
    const ssize_t got = ::read(fd_, buffer_.data() + filled_, buffer_.size() - filled_);
    together_ = false;
    if (got == 0) return Arrived::kEnded;
    if (got < 0 && errno != EAGAIN && errno != EINTR) return Arrived::kEnded;
    if (got > 0) filled_ += static_cast<std::size_t>(got);
  }
}

void LineReader::skip_what_waits() noexcept {
  constexpr int kQuietMs = 3;
  // A writer that never pauses is no tegrastats; its lines are taken as they come.
  const Instant deadline = MonotonicClock::now() + std::chrono::milliseconds(500);
  has_line_ = false;
  for (;;) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, kQuietMs) == 0 || MonotonicClock::now() > deadline) return;
    const ssize_t got = ::read(fd_, buffer_.data(), buffer_.size());
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
    if (got > 0) skips_ = buffer_[static_cast<std::size_t>(got) - 1] != '\n';
    filled_ = 0;
  }
}

void LineReader::drop_last_line() noexcept {
  if (!has_line_) return;
  const std::size_t used = length_ + 1;
  std::memmove(buffer_.data(), buffer_.data() + used, filled_ - used);
  filled_ -= used;
  has_line_ = false;
}

}  // namespace layerwatt
