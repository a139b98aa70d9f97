#include <vector>

#include "cli/command.h"

namespace layerwatt::cli {

// Each command is one file: src/cli/<name>_command.cpp, with `Action declare_<name>(CLI::App&)`.

std::span<const Command> command_table() {
  static const std::vector<Command> kCommands{};
  return kCommands;
}

}  // namespace layerwatt::cli
