#include "experiment/program/program_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace layerwatt {
namespace {

constexpr std::size_t kPipeSize = std::size_t{1} << 16;
/// A pipe's content may come in pieces; the last read finds its end.
constexpr int kReadsToTheEnd = 20;

void close_if_open(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

/// False where nobody reads our output any more.
bool write_all(int target, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t wrote = ::write(target, bytes, size);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) {
      // A terminal that somebody made non-blocking.
      pollfd ready{target, POLLOUT, 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (wrote <= 0) return false;
    bytes += wrote;
    size -= static_cast<std::size_t>(wrote);
  }
  return true;
}

/// A pair of ends: what is written to the second is read from the first.
Result<std::array<int, 2>> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return error_from_errno(errno, "make a pipe");
  return ends;
}

/// The same, where the second is a terminal like `like`, which changes nothing on the way.
Result<std::array<int, 2>> make_terminal(int like) {
  std::array<int, 2> ends{-1, -1};
  termios mode{};
  winsize size{};
  const bool has_size = ::ioctl(like, TIOCGWINSZ, &size) == 0;
  ::cfmakeraw(&mode);
  mode.c_cflag |= CREAD;
  if (::openpty(&ends[0], &ends[1], nullptr, &mode, has_size ? &size : nullptr) != 0) {
    return error_from_errno(errno, "make a terminal for the program");
  }
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  return ends;
}

bool are_the_same(int a, int b) {
  struct ::stat first {};
  struct ::stat second {};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

Result<ProgramOutput> ProgramOutput::open(LineMarks& lines, RegionMarks& into) {
  ProgramOutput output(lines, into);
  const bool is_one = are_the_same(STDOUT_FILENO, STDERR_FILENO);
  if (auto r = output.add_channel(LineMarks::kOutput, STDOUT_FILENO, is_one); !r) {
    return std::move(r).error();
  }
  if (!is_one) {
    if (auto r = output.add_channel(LineMarks::kErrors, STDERR_FILENO, false); !r) {
      return std::move(r).error();
    }
  }
  return output;
}

Result<void> ProgramOutput::add_channel(LineMarks::Stream stream, int target, bool is_for_both) {
  // Closed by whoever started us: then the program's is too.
  if (::fcntl(target, F_GETFD) < 0) return {};
  auto ends = ::isatty(target) == 1 ? make_terminal(target) : make_pipe();
  if (!ends) return std::move(ends).error();
  ::fcntl((*ends)[0], F_SETFL, O_NONBLOCK);
  channels_.push_back({stream, target, (*ends)[1], (*ends)[0], is_for_both});
  return {};
}

ProgramOutput::ProgramOutput(ProgramOutput&& other) noexcept
    : lines_(other.lines_), into_(other.into_), channels_(std::exchange(other.channels_, {})) {}

ProgramOutput::~ProgramOutput() {
  for (Channel& channel : channels_) {
    close_if_open(channel.programs_end);
    close_if_open(channel.our_end);
  }
}

void ProgramOutput::become_the_programs() const noexcept {
  for (const Channel& channel : channels_) {
    ::dup2(channel.programs_end, channel.target);
    if (channel.is_for_both) ::dup2(channel.programs_end, STDERR_FILENO);
  }
}

void ProgramOutput::close_the_programs_ends() {
  for (Channel& channel : channels_) close_if_open(channel.programs_end);
}

void ProgramOutput::add_to(std::vector<pollfd>& polled) const {
  for (const Channel& channel : channels_) {
    if (channel.our_end >= 0) polled.push_back({channel.our_end, POLLIN, 0});
  }
}

void ProgramOutput::hand_on(Channel& channel, Instant at) {
  if (channel.our_end < 0) return;
  std::array<char, kPipeSize> bytes;
  const ssize_t got = ::read(channel.our_end, bytes.data(), bytes.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {
    close_if_open(channel.our_end);
    return;
  }
  const auto size = static_cast<std::size_t>(got);
  // Without a reader of ours the program has none either, and hears of it as it would have.
  if (!write_all(channel.target, bytes.data(), size)) close_if_open(channel.our_end);
  lines_->add(channel.stream, std::string_view(bytes.data(), size), at, *into_);
}

void ProgramOutput::hand_on(Instant at) {
  for (Channel& channel : channels_) hand_on(channel, at);
}

void ProgramOutput::finish(Instant end) {
  bool is_held = false;
  for (Channel& channel : channels_) {
    // What the pipe holds, and no more: somebody may be printing into it without end.
    for (int i = 0; i < kReadsToTheEnd; ++i) hand_on(channel, end);
    is_held = is_held || channel.our_end >= 0;
  }
  lines_->finish(end, *into_);
  if (is_held) leave_a_process_behind();
}

void ProgramOutput::leave_a_process_behind() {
  const pid_t pid = ::fork();
  if (pid != 0) {
    for (Channel& channel : channels_) close_if_open(channel.our_end);
    return;
  }
  // Of what this process has open, a lock or the recorder's line must not stay so.
  std::array<pollfd, 2> polled{pollfd{-1, POLLIN, 0}, pollfd{-1, POLLIN, 0}};
  std::array<int, 2> targets{-1, -1};
  int highest = STDERR_FILENO;
  for (std::size_t i = 0; i < channels_.size() && i < polled.size(); ++i) {
    polled[i].fd = channels_[i].our_end;
    targets[i] = channels_[i].target;
    highest = std::max(highest, polled[i].fd);
  }
  for (int descriptor = STDERR_FILENO + 1; descriptor < highest; ++descriptor) {
    if (descriptor != polled[0].fd && descriptor != polled[1].fd) ::close(descriptor);
  }
#ifdef SYS_close_range
  ::syscall(SYS_close_range, static_cast<unsigned>(highest) + 1, ~0U, 0U);
#endif
  ::close(STDIN_FILENO);
  ::setsid();
  ::signal(SIGPIPE, SIG_IGN);
  static std::array<char, kPipeSize> bytes;
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      const ssize_t got = ::read(polled[i].fd, bytes.data(), bytes.size());
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got <= 0 || !write_all(targets[i], bytes.data(), static_cast<std::size_t>(got))) {
        close_if_open(polled[i].fd);
      }
    }
  }
  ::_exit(0);
}

}  // namespace layerwatt
