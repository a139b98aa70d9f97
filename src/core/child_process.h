#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// A child whose standard output and error come through one pipe, and whose input is empty. Ended
/// with SIGTERM, after a second of grace with SIGKILL, when this object goes; it also ends when our
/// process dies.
class ChildProcess {
 public:
  /// `arguments[0]` is the program, found on PATH if it has no slash. Fails if it cannot be
  /// executed.
  static Result<ChildProcess> start(const std::vector<std::string>& arguments);

  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  /// Non-blocking descriptor of what the child prints.
  int output() const { return output_; }
  pid_t pid() const { return pid_; }
  /// How it ended, without waiting: its exit code, or 128 and the signal's number as shells have
  /// it; nullopt while it runs. Once it has ended, always the same.
  std::optional<int> ended();

 private:
  ChildProcess(pid_t pid, int output) : pid_(pid), output_(output) {}
  void end() noexcept;
  pid_t pid_ = -1;
  int output_ = -1;
  std::optional<int> ended_;
};

}  // namespace layerwatt
