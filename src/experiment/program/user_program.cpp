#include "experiment/program/user_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "experiment/program/program_marks.h"

namespace layerwatt {
namespace {

constexpr int kKilled = 128;
constexpr int kPollMilliseconds = 20;
/// What a program that has Ctrl-C from the terminal already may take to end by itself.
constexpr Duration kOwnEnd = std::chrono::seconds(2);

/// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void execute(char* const* arguments, int failure, const ProgramMarks* marks) {
  if (marks != nullptr) marks->become_the_programs();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // What we ignore, it would ignore too.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_DFL);
  ::execvp(arguments[0], arguments);
  const int cause = errno;
  [[maybe_unused]] const ssize_t written = ::write(failure, &cause, sizeof cause);
  ::_exit(127);
}

int exec_failure(int failure) {
  int cause = 0;
  ssize_t got = 0;
  do {
    got = ::read(failure, &cause, sizeof cause);
  } while (got < 0 && errno == EINTR);
  return got == sizeof cause ? cause : 0;
}

/// Becomes readable when the process ends (Linux 5.3); −1 on older kernels.
int end_of_process(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

/// Waits for the end, and stamps it at once.
ProgramRun wait_for(pid_t pid, Instant begin, const Cancellation& cancellation,
                    ProgramMarks* marks) {
  const int ended = end_of_process(pid);
  ProgramRun run;
  run.begin = begin;
  // On a terminal, what stops us has reached the program too.
  const Duration patience = ::tcgetpgrp(STDIN_FILENO) == ::getpgrp() ? kOwnEnd : Duration(0);
  std::optional<Instant> asked;
  bool told = false;
  int status = 0;
  std::vector<pollfd> polled;
  for (;;) {
    polled.clear();
    if (ended >= 0) polled.push_back({ended, POLLIN, 0});
    if (marks != nullptr) marks->add_to(polled);
    // A poll of no descriptor is a sleep.
    ::poll(polled.data(), polled.size(), ended < 0 ? 1 : kPollMilliseconds);
    run.end = MonotonicClock::now();
    if (::waitpid(pid, &status, WNOHANG) == pid) break;
    if (marks != nullptr) marks->listen(run.end);
    if (!cancellation.requested()) continue;
    if (!asked) asked = run.end;
    if (run.end - *asked >= patience && !std::exchange(told, true)) ::kill(pid, SIGTERM);
  }
  if (ended >= 0) ::close(ended);
  if (marks != nullptr) marks->end_run(run.end);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : kKilled + WTERMSIG(status);
  return run;
}

}  // namespace

Result<void> find_program(const std::string& word) {
  const auto is_there = [](const std::filesystem::path& file) {
    std::error_code error;
    return std::filesystem::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
  };
  if (word.find('/') != std::string::npos) {
    if (is_there(word)) return {};
    std::error_code error;
    if (std::filesystem::exists(word, error)) {
      return Error(ErrorCode::kPermissionDenied,
                   fmt::format("cannot run '{}': it is no program that may be executed", word));
    }
    return Error(ErrorCode::kNotFound, fmt::format("cannot run '{}': there is no such file", word));
  }
  const char* path = std::getenv("PATH");
  std::string_view folders = path == nullptr ? "/bin:/usr/bin" : path;
  while (!folders.empty()) {
    const std::size_t colon = folders.find(':');
    if (is_there(std::filesystem::path(folders.substr(0, colon)) / word)) return {};
    folders.remove_prefix(colon == std::string_view::npos ? folders.size() : colon + 1);
  }
  return Error(ErrorCode::kNotFound,
               fmt::format("cannot run '{}': there is no such program on PATH", word));
}

Result<ProgramRun> run_program(const std::vector<std::string>& command,
                               const Cancellation& cancellation, ProgramMarks* marks) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int failure[2];
  if (marks != nullptr) {
    if (auto r = marks->begin_run(); !r) return std::move(r).error();
  }
  if (::pipe2(failure, O_CLOEXEC) != 0) return error_from_errno(errno, "make a pipe");
  const Instant begin = MonotonicClock::now();
  const pid_t pid = ::fork();
  const int fork_error = errno;
  if (pid == 0) execute(argv.data(), failure[1], marks);
  ::close(failure[1]);
  if (marks != nullptr) marks->has_begun();
  const int cause = pid < 0 ? fork_error : exec_failure(failure[0]);
  ::close(failure[0]);
  if (cause != 0) {
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    return error_from_errno(cause, fmt::format("run '{}'", command.front()));
  }
  return wait_for(pid, begin, cancellation, marks);
}

}  // namespace layerwatt
