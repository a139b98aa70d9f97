#include "versioning/dvc/program_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "versioning/dvc/descriptor.h"

namespace layerwatt::versioning {
namespace {

/// exec() in the child, found by the parent so that nothing is allocated after fork().
Result<std::string> found_on_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string candidate = fmt::format("{}/{}", rest.substr(0, end), program);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return Error(ErrorCode::kNotFound, fmt::format("the program '{}' is not on PATH", program));
}

/// Both pipes until both are closed.
void drain(int out, int err, ProgramRun& run) {
  std::array<pollfd, 2> pipes{pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
  std::array<char, 65536> buffer;
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    if (::poll(pipes.data(), pipes.size(), -1) < 0 && errno != EINTR) return;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
      const ssize_t got = ::read(pipes[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        (i == 0 ? run.out : run.err).append(buffer.data(), static_cast<std::size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        pipes[i].fd = -1;
      }
    }
  }
}

}  // namespace

Result<ProgramRun> run_program(const std::filesystem::path& folder,
                               const std::vector<std::string>& arguments) {
  const auto program = found_on_path(arguments.front());
  if (!program) return program.error();
  std::vector<char*> words;
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return error_from_errno(errno, "make a pipe");
  const Descriptor out_read(out[0]);
  Descriptor out_write(out[1]);
  if (::pipe2(err.data(), O_CLOEXEC) != 0) return error_from_errno(errno, "make a pipe");
  const Descriptor err_read(err[0]);
  Descriptor err_write(err[1]);
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const pid_t child = ::fork();
  if (child < 0) return error_from_errno(errno, "start a program");
  if (child == 0) {
    ::dup2(nothing.get(), STDIN_FILENO);
    ::dup2(out_write.get(), STDOUT_FILENO);
    ::dup2(err_write.get(), STDERR_FILENO);
    if (::chdir(folder.c_str()) == 0) ::execv(program->c_str(), words.data());
    ::_exit(127);
  }
  out_write.close();
  err_write.close();
  ProgramRun run;
  drain(out_read.get(), err_read.get(), run);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return run;
}

}  // namespace layerwatt::versioning
