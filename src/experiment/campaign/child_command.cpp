#include "experiment/campaign/child_command.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "core/child_process.h"

namespace layerwatt {
namespace {

constexpr std::size_t kTail = 4000;
constexpr auto kGrace = std::chrono::minutes(1);
constexpr int kPollMilliseconds = 100;

/// What is there to read now; false at its end.
bool drain(int descriptor, ChildOutcome& outcome,
           const std::function<void(std::string_view)>& printed) {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got > 0) {
      const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
      printed(piece);
      outcome.tail += piece;
      if (outcome.tail.size() > 2 * kTail) outcome.tail.erase(0, outcome.tail.size() - kTail);
      continue;
    }
    if (got == 0) return false;
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == EWOULDBLOCK;
  }
}

}  // namespace

Result<ChildOutcome> run_child(const std::vector<std::string>& arguments,
                               const Cancellation& cancellation,
                               const std::function<void(std::string_view)>& printed) {
  auto child = ChildProcess::start(arguments);
  if (!child) return std::move(child).error();
  ChildOutcome outcome;
  bool open = true;
  std::chrono::steady_clock::time_point told;
  for (;;) {
    if (open) {
      pollfd descriptor{child->output(), POLLIN, 0};
      ::poll(&descriptor, 1, kPollMilliseconds);
      open = drain(child->output(), outcome, printed);
    } else {
      ::poll(nullptr, 0, kPollMilliseconds);
    }
    if (const auto code = child->ended()) {
      // What it printed last. A grandchild may hold the pipe open: nobody waits for that.
      if (open) drain(child->output(), outcome, printed);
      outcome.exit_code = *code;
      return outcome;
    }
    if (!cancellation.requested()) continue;
    const auto now = std::chrono::steady_clock::now();
    if (!outcome.cancelled) {
      outcome.cancelled = true;
      told = now;
      ::kill(child->pid(), SIGTERM);
    } else if (now - told > kGrace) {
      ::kill(child->pid(), SIGKILL);
    }
  }
}

std::string last_line(std::string_view printed) {
  while (!printed.empty()) {
    const std::size_t begin = printed.rfind('\n');
    const std::string_view line =
        begin == std::string_view::npos ? printed : printed.substr(begin + 1);
    // Advice on --help is no reason.
    if (line.find_first_not_of(" \t\r") != std::string_view::npos && !line.starts_with("Run '")) {
      return std::string(line);
    }
    printed = begin == std::string_view::npos ? std::string_view() : printed.substr(0, begin);
  }
  return {};
}

}  // namespace layerwatt
