#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/time.h"

#include "dataset/temporary_folder.h"

namespace layerwatt::testing {

/// The built `layerwatt` in a process of its own, leader of a process group as under a shell.
/// Whatever is left of the group is killed with the object.
class CommandProcess {
 public:
  struct Setup {
    /// "NAME=value", on top of this process's environment.
    std::vector<std::string> environment;
    /// The largest file that it may write; writing more fails as on a full disk.
    std::optional<std::size_t> largest_file;
    /// Standard input, output and error: a terminal. Output and error are files otherwise.
    std::optional<int> terminal;
  };

  CommandProcess(const std::vector<std::string>& words, const Setup& setup);
  explicit CommandProcess(const std::vector<std::string>& words) : CommandProcess(words, Setup()) {}
  ~CommandProcess();
  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;

  /// Whether processes of this build can be started here at all: not where a foreign architecture
  /// is emulated one process at a time.
  static bool can_start();

  /// To every process of the group, as Ctrl-C on a terminal.
  void signal_group(int number) const;
  /// To the command alone.
  void signal_command(int number) const;
  /// The recorder that it has started, once there is one; nullopt after five seconds without.
  std::optional<pid_t> wait_for_recorder() const;

  struct Ending {
    bool in_time = false;
    /// Absent where a signal ended it.
    std::optional<int> code;
    int signal = 0;
    std::string out;
    std::string err;
  };
  /// Waits until it has ended.
  Ending wait(Duration at_most = std::chrono::seconds(60));
  /// Whether the whole group has ended, the recorder too, within that time.
  bool group_ends(Duration at_most = std::chrono::seconds(10));

 private:
  TemporaryFolder folder_;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

}  // namespace layerwatt::testing
