#include "layerwatt/recording/recorder_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "layerwatt/recording/recorder_arguments.h"

#include "recording/recorder/recorder_message.h"

namespace layerwatt {
namespace {

/// Where the recorder finds its end of the line.
constexpr int kControlFd = 3;

std::vector<std::string> arguments_of(const RecorderOptions& options) {
  std::vector<std::string> arguments = recorder_arguments(options);
  arguments.insert(arguments.begin(), {"layerwatt", "record"});
  arguments.insert(arguments.end(), {"--control-fd", fmt::format("{}", kControlFd)});
  return arguments;
}

/// Starts the command with `line` as its descriptor kControlFd; its process id.
Result<pid_t> spawn(const std::filesystem::path& executable, std::vector<std::string> arguments,
                    int line) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  // dup2() onto itself would leave the descriptor to be closed by exec; spawn makes it stay.
  ::posix_spawn_file_actions_adddup2(&actions, line, kControlFd);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // The measuring process may block or ignore signals; the recorder must hear SIGTERM. Ctrl-C,
  // which reaches both, must not end it before it has come to ignore it.
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGINT);
  ::sigaddset(&blocked, SIGHUP);
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGTERM);
  ::posix_spawnattr_setsigmask(&attributes, &blocked);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, executable.c_str(), &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    return error_from_errno(error, fmt::format("start the recorder {}", executable.string()));
  }
  return pid;
}

}  // namespace

struct RecorderProcess::State {
  pid_t pid = -1;
  int line = -1;
  bool reaped = false;
  int wait_status = 0;
  Duration patience{0};
  MessageReader reader;
  RecorderSummary beginning;
  std::optional<Result<RecorderSummary>> outcome;

  ~State() {
    if (line >= 0) ::close(line);
    if (pid > 0 && !reaped) {
      ::kill(pid, SIGTERM);
      if (!wait_for_end(patience)) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
      }
    }
  }

  bool reap_if_ended() {
    if (reaped) return true;
    const pid_t ended = ::waitpid(pid, &wait_status, WNOHANG);
    // ECHILD: someone else collected it (a program that ignores SIGCHLD).
    reaped = ended == pid || (ended < 0 && errno == ECHILD);
    return reaped;
  }

  bool wait_for_end(Duration at_most) {
    const Instant until = MonotonicClock::now() + at_most;
    while (!reap_if_ended()) {
      if (MonotonicClock::now() > until) return false;
      ::poll(nullptr, 0, 2);
    }
    return true;
  }

  /// The next message, or an error: kGone when the line closed, kIo when time is up.
  Result<RecorderMessage> next_message(Duration at_most) {
    const Instant until = MonotonicClock::now() + at_most;
    for (;;) {
      if (auto message = reader.next()) return std::move(*message);
      const Duration left = until - MonotonicClock::now();
      if (left <= Duration(0)) {
        return Error(ErrorCode::kIo, fmt::format("the recorder (process {}) did not answer for "
                                                 "{:.0f} s; is a sensor's driver hanging?",
                                                 pid, to_seconds(at_most)));
      }
      pollfd waiting{line, POLLIN, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(left.count() / 1'000'000) + 1);
      if (ready <= 0) continue;
      char chunk[4096];
      const ssize_t got = ::read(line, chunk, sizeof(chunk));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return ended_without_a_word();
      reader.feed({chunk, static_cast<std::size_t>(got)});
    }
  }

  Error ended_without_a_word() {
    wait_for_end(patience);
    if (reaped && WIFSIGNALED(wait_status)) {
      return Error(ErrorCode::kGone,
                   fmt::format("the recorder was killed by signal {}; what it had written, all but "
                               "the last second, is kept",
                               WTERMSIG(wait_status)));
    }
    const int code = reaped && WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
    return Error(ErrorCode::kGone,
                 fmt::format("the recorder ended without a summary (exit code {})", code));
  }
};

RecorderProcess::RecorderProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecorderProcess::RecorderProcess(RecorderProcess&&) noexcept = default;
RecorderProcess& RecorderProcess::operator=(RecorderProcess&&) noexcept = default;
RecorderProcess::~RecorderProcess() = default;

Result<RecorderProcess> RecorderProcess::start(const RecorderOptions& options,
                                               const Launch& launch) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return error_from_errno(errno, "make a line to the recorder");
  }
  auto state = std::make_unique<State>();
  state->line = ends[0];
  state->patience = launch.patience;
  auto pid = spawn(launch.executable, arguments_of(options), ends[1]);
  ::close(ends[1]);
  if (!pid) return std::move(pid).error();
  state->pid = *pid;
  auto message = state->next_message(launch.patience);
  if (!message) {
    return std::move(message).error().with_context(
        fmt::format("cannot start the recorder {}", launch.executable.string()));
  }
  if (message->error) return std::move(*message->error);
  if (!message->summary) {
    return Error(ErrorCode::kInternal, "the recorder began with a message that is not its own");
  }
  state->beginning = std::move(*message->summary);
  return RecorderProcess(std::move(state));
}

const RecorderSummary& RecorderProcess::beginning() const { return state_->beginning; }
int RecorderProcess::pid() const { return state_->pid; }
bool RecorderProcess::is_running() { return !state_->reap_if_ended(); }

Result<RecorderSummary> RecorderProcess::stop() {
  State& s = *state_;
  if (s.outcome) return *s.outcome;
  // The signal wakes it from its sleep; the closed half of the line is for the case that the
  // signal is lost between two looks.
  ::shutdown(s.line, SHUT_WR);
  if (!s.reap_if_ended()) ::kill(s.pid, SIGTERM);
  auto message = s.next_message(s.patience);
  if (!message) {
    s.outcome = std::move(message).error();
  } else if (message->error) {
    s.outcome = std::move(*message->error);
  } else if (message->summary) {
    s.outcome = std::move(*message->summary);
  } else {
    s.outcome = Error(ErrorCode::kInternal, "the recorder's last message is not its own");
  }
  if (!s.wait_for_end(s.patience)) {
    ::kill(s.pid, SIGKILL);
    ::waitpid(s.pid, nullptr, 0);
    s.reaped = true;
  }
  return *s.outcome;
}

RecorderControl::RecorderControl(int fd) : fd_(fd) { ::fcntl(fd_, F_SETFD, FD_CLOEXEC); }
RecorderControl::~RecorderControl() { ::close(fd_); }

namespace {

void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;  // nobody listens any more
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

void RecorderControl::tell_ready(const RecorderSummary& summary) {
  send_all(fd_, format_message({summary, std::nullopt}));
}
void RecorderControl::tell_finished(const RecorderSummary& summary) { tell_ready(summary); }
void RecorderControl::tell_failure(const Error& error) {
  send_all(fd_, format_message({std::nullopt, error}));
}

bool RecorderControl::still_wanted() const {
  pollfd line{fd_, POLLIN | POLLRDHUP, 0};
  return ::poll(&line, 1, 0) <= 0;
}

}  // namespace layerwatt
