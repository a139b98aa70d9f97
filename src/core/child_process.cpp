#include "core/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace layerwatt {
namespace {

/// Runs in the child between fork and exec: only async-signal-safe calls.
[[noreturn]] void execute(char* const* arguments, int output, int failure) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // A person's Ctrl-C is ours to handle: we end the child once what it printed is read.
  ::setpgid(0, 0);
  // In a process group of its own it may not read the terminal, and would stop if it tried.
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvp(arguments[0], arguments);
  const int cause = errno;
  [[maybe_unused]] const ssize_t written = ::write(failure, &cause, sizeof cause);
  ::_exit(127);
}

/// What exec answered: 0 when the pipe closed with the exec, else its errno.
int exec_failure(int failure) {
  int cause = 0;
  ssize_t got = 0;
  do {
    got = ::read(failure, &cause, sizeof cause);
  } while (got < 0 && errno == EINTR);
  return got == sizeof cause ? cause : 0;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  int output[2];
  int failure[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return error_from_errno(errno, "make a pipe");
  if (::pipe2(failure, O_CLOEXEC) != 0) {
    const int cause = errno;
    ::close(output[0]);
    ::close(output[1]);
    return error_from_errno(cause, "make a pipe");
  }
  const pid_t pid = ::fork();
  const int fork_error = errno;
  if (pid == 0) execute(argv.data(), output[1], failure[1]);
  ::close(output[1]);
  ::close(failure[1]);
  const int cause = pid < 0 ? fork_error : exec_failure(failure[0]);
  ::close(failure[0]);
  if (cause != 0) {
    ::close(output[0]);
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    return error_from_errno(cause, fmt::format("run '{}'", arguments.front()));
  }
  ::fcntl(output[0], F_SETFL, O_NONBLOCK);
  return ChildProcess(pid, output[0]);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      ended_(other.ended_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    output_ = std::exchange(other.output_, -1);
    ended_ = other.ended_;
  }
  return *this;
}

ChildProcess::~ChildProcess() { end(); }

std::optional<int> ChildProcess::ended() {
  if (pid_ <= 0) return ended_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  constexpr int kKilled = 128;
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : kKilled + WTERMSIG(status);
  return ended_;
}

void ChildProcess::end() noexcept {
  if (output_ >= 0) ::close(std::exchange(output_, -1));
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  constexpr auto kStep = std::chrono::milliseconds(5);
  for (auto waited = kStep * 0; waited < std::chrono::seconds(1); waited += kStep) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
      pid_ = -1;
      return;
    }
    std::this_thread::sleep_for(kStep);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace layerwatt
