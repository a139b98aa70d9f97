#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt::versioning {

struct ProgramRun {
  /// As shells have it.
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// Runs a program found on PATH (arguments[0]) in `folder`, without standard input, and waits for
/// it. kNotFound where there is no such program.
Result<ProgramRun> run_program(const std::filesystem::path& folder,
                               const std::vector<std::string>& arguments);

}  // namespace layerwatt::versioning
