#pragma once

#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

/// One run of a program of the user's.
struct ProgramRun {
  /// Just before it was executed, and when it had ended.
  Instant begin;
  Instant end;
  /// As shells have it: its exit code, or 128 and the signal's number.
  int exit_code = 0;
};

/// kNotFound or kPermissionDenied where execvp() would not run it.
Result<void> find_program(const std::string& word);

class ProgramMarks;

/// Runs a program with our own input, output and error, and waits for its end. It stays in our
/// group of processes, so that Ctrl-C reaches it from the terminal as if we were not there; a wish
/// to stop is handed on to it as SIGTERM, on a terminal after two seconds alone. What it leaves
/// behind in the background is not waited for. kNotFound, kPermissionDenied: it could not be
/// executed. `marks`: what listens to it meanwhile; null: nobody.
Result<ProgramRun> run_program(const std::vector<std::string>& command,
                               const Cancellation& cancellation, ProgramMarks* marks = nullptr);

}  // namespace layerwatt
