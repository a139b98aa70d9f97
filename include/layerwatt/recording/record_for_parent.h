#pragma once

#include <span>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/recording/recorder_options.h"

namespace layerwatt {

/// What a process is to do that RecorderProcess started.
struct RecorderOrder {
  RecorderOptions options;
  /// Of its end of the line.
  int control_fd = -1;
};

/// Reads the arguments that RecorderProcess gives behind the program's name, which are
/// recorder_arguments() and the descriptor. kInvalidArgument for others: people use the command.
Result<RecorderOrder> parse_recorder_order(std::span<const std::string> arguments);

/// Records until the line closes or SIGTERM arrives, and tells through the line when it began and
/// how it went. SIGINT and SIGHUP are the other process's business. Does not return where it fails:
/// the other process has been told.
void record_for_parent(const RecorderOptions& options, int control_fd);

}  // namespace layerwatt
