#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "layerwatt/core/result.h"

#include "cli/app.h"
#include "cli/terminal.h"

namespace layerwatt::cli {

/// What a parsed command does. Its results go to terminal.out, progress and warnings to
/// terminal.err.
using Action = std::function<Result<void>(Terminal& terminal)>;

/// One row of the command table.
struct Command {
  std::string_view name;
  std::string_view summary;
  /// Declares the options on `app`, with an example in app.footer(), and returns what to do once
  /// they are parsed. The action owns the option values (a shared_ptr that the options write to).
  Action (*declare)(App& app);
};

/// Every command, in the order of `layerwatt --help`.
std::span<const Command> command_table();

/// Parses the arguments and runs one command. Returns the exit code: 0 done, 1 failed, 2 wrong
/// usage.
int run(int argc, const char* const* argv, Terminal& terminal);

}  // namespace layerwatt::cli
