#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "layerwatt/core/own_program.h"
#include "layerwatt/core/result.h"
#include "layerwatt/recording/recorder.h"

namespace layerwatt {

/// A recorder in a process of its own (`layerwatt record`), so that reading sensors neither waits
/// for the measured network nor disturbs its threads. It ends, with all it has written, when this
/// process ends in whatever way, kill -9 too. Not thread-safe.
class RecorderProcess {
 public:
  struct Launch {
    /// The `layerwatt` command; the running program by default, which must then be that command.
    std::filesystem::path executable = own_command();
    /// For the sensors to open, and for the last records to be written.
    Duration patience = std::chrono::seconds(10);
  };

  /// Starts it and waits until ticks begin. What keeps it from beginning (no sensor, no rights, a
  /// folder that is read-only) is the error, in the recorder's own words.
  static Result<RecorderProcess> start(const RecorderOptions& options, const Launch& launch);
  static Result<RecorderProcess> start(const RecorderOptions& options) {
    return start(options, Launch());
  }
  RecorderProcess(RecorderProcess&&) noexcept;
  RecorderProcess& operator=(RecorderProcess&&) noexcept;
  /// Stops it, without looking at what it says.
  ~RecorderProcess();

  /// What it said when ticks began: period, scheduler, warnings.
  const RecorderSummary& beginning() const;
  int pid() const;
  /// False once it has ended by itself (sensors gone, disk full, killed). Looks without waiting.
  bool is_running();

  /// Stops it and collects its summary; the same again when called again. kGone where it was killed
  /// from outside: power.npy then ends up to a second before.
  Result<RecorderSummary> stop();

 private:
  struct State;
  explicit RecorderProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The other end of the line: what `layerwatt record --control-fd` uses to talk to the process that
/// started it.
class RecorderControl {
 public:
  /// Takes over the descriptor.
  explicit RecorderControl(int fd);
  ~RecorderControl();
  RecorderControl(const RecorderControl&) = delete;
  RecorderControl& operator=(const RecorderControl&) = delete;

  void tell_ready(const RecorderSummary& summary);
  void tell_finished(const RecorderSummary& summary);
  void tell_failure(const Error& error);
  /// False once the other end is closed: asked to stop, or gone.
  bool still_wanted() const;

 private:
  int fd_;
};

}  // namespace layerwatt
