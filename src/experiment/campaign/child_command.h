#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

/// How a command ended.
struct ChildOutcome {
  /// As shells have it: 128 and the signal's number where one killed it.
  int exit_code = 0;
  /// The end of what it printed, a few thousand characters.
  std::string tail;
  /// It was told to stop, because cancellation was requested.
  bool cancelled = false;
};

/// Runs a command to its end and hands on what it prints, piece by piece. On cancellation it gets
/// SIGTERM, as a person's Ctrl-C would end it, and a minute to finish what it is writing.
Result<ChildOutcome> run_child(const std::vector<std::string>& arguments,
                               const Cancellation& cancellation,
                               const std::function<void(std::string_view)>& printed);

/// Of what a command printed, the line that says why it failed: its last one that is not empty.
std::string last_line(std::string_view printed);

}  // namespace layerwatt
