#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/trtexec.h"
#include "layerwatt/engines/tensorrt.h"
#include "layerwatt/engines/trtexec_program.h"

namespace layerwatt {

/// Runs it to its end; true if it warned that layers overlap. `what` was to be done, for errors.
Result<bool> run_trtexec(const TrtexecProgram& program, const std::vector<std::string>& arguments,
                         std::string_view what, const Cancellation& cancellation);

/// Builds beside its place, so that a build that is stopped leaves no engine that looks whole.
Result<void> build_trtexec_engine(const TrtexecProgram& program, const std::filesystem::path& model,
                                  const std::filesystem::path& engine, const TensorRtBuild& build,
                                  const Cancellation& cancellation);

/// Passes that trtexec timed, and between which of its words they ran.
struct TrtexecTimed {
  std::vector<TrtexecPass> passes;
  Instant ready;
  Instant ended;
};

/// Runs timed passes. `ready` is called before the first: whatever waits there, trtexec does not
/// (TrtexecTiming::hold does); an error of it ends the run. `ended` after the last.
Result<TrtexecTimed> time_with_trtexec(const TrtexecProgram& program,
                                       const std::vector<std::string>& arguments,
                                       const std::filesystem::path& times,
                                       const Cancellation& cancellation,
                                       const std::function<Result<void>()>& ready,
                                       const std::function<void()>& ended);

/// What is said of a file that trtexec wrote and that cannot be read.
Error of_trtexec_file(Error error, std::string_view what);

}  // namespace layerwatt
