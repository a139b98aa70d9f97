#include "cli/command_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace layerwatt::testing {
namespace {

constexpr int kCannotStart = 127;

[[noreturn]] void become_command(std::vector<char*>& arguments, const CommandProcess::Setup& setup,
                                 const std::string& out, const std::string& err) {
  if (setup.terminal) {
    ::setsid();
    ::ioctl(*setup.terminal, TIOCSCTTY, 0);
    for (int to = 0; to < 3; ++to) ::dup2(*setup.terminal, to);
  } else {
    ::setpgid(0, 0);
    const int input = ::open("/dev/null", O_RDONLY);
    const int output = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int error = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (input < 0 || output < 0 || error < 0) ::_exit(kCannotStart);
    ::dup2(input, 0);
    ::dup2(output, 1);
    ::dup2(error, 2);
  }
  for (const std::string& variable : setup.environment) {
    const std::size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
  if (setup.largest_file) {
    // A full disk fails the write; without this the signal would end the process.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{*setup.largest_file, *setup.largest_file};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execv(LAYERWATT_EXECUTABLE, arguments.data());
  ::_exit(kCannotStart);
}

template <class Condition>
bool holds_within(Duration at_most, Condition condition) {
  const Instant until = MonotonicClock::now() + at_most;
  while (!condition()) {
    if (MonotonicClock::now() > until) return false;
    ::usleep(2'000);
  }
  return true;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

CommandProcess::CommandProcess(const std::vector<std::string>& words, const Setup& setup) {
  // A recorder whose parent is killed becomes this process's child, which can see it end.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::vector<std::string> owned{"layerwatt"};
  owned.insert(owned.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : owned) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string out = folder_ / "out";
  const std::string err = folder_ / "err";
  pid_ = ::fork();
  if (pid_ == 0) become_command(arguments, setup, out, err);
  // By both, so that it holds for whoever comes first.
  if (!setup.terminal) ::setpgid(pid_, pid_);
}

CommandProcess::~CommandProcess() {
  ::kill(-pid_, SIGKILL);
  if (!reaped_) ::waitpid(pid_, nullptr, 0);
  group_ends();
}

bool CommandProcess::can_start() {
  CommandProcess version({"--version"});
  return version.wait().code == 0;
}

void CommandProcess::signal_group(int number) const { ::kill(-pid_, number); }

void CommandProcess::signal_command(int number) const { ::kill(pid_, number); }

std::optional<pid_t> CommandProcess::wait_for_recorder() const {
  const std::string id = std::to_string(pid_);
  const std::filesystem::path children = "/proc/" + id + "/task/" + id + "/children";
  std::string line;
  if (!holds_within(std::chrono::seconds(5), [&] {
        line = first_line(children);
        return !line.empty();
      })) {
    return std::nullopt;
  }
  return static_cast<pid_t>(std::stol(line));
}

CommandProcess::Ending CommandProcess::wait(Duration at_most) {
  Ending ending;
  int status = 0;
  ending.in_time = holds_within(
      at_most, [&] { return reaped_ || (reaped_ = ::waitpid(pid_, &status, WNOHANG) == pid_); });
  if (ending.in_time && WIFEXITED(status)) ending.code = WEXITSTATUS(status);
  if (ending.in_time && WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  ending.out = slurp(folder_ / "out");
  ending.err = slurp(folder_ / "err");
  return ending;
}

bool CommandProcess::group_ends(Duration at_most) {
  return holds_within(at_most, [&] {
    while (::waitpid(-pid_, nullptr, WNOHANG) > 0) {
    }
    return ::kill(-pid_, 0) != 0 && errno == ESRCH;
  });
}

}  // namespace layerwatt::testing
