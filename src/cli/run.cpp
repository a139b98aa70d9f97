#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/version.h"

#include "cli/command.h"

namespace layerwatt::cli {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

/// CLI11 throws for --help, --version and wrong arguments alike.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error, Terminal& terminal) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    app.exit(error, terminal.out, terminal.err);
    return kDone;
  }
  std::string_view name = "layerwatt";
  std::string command;
  for (const CLI::App* sub : app.get_subcommands()) {
    command = fmt::format("layerwatt {}", sub->get_name());
    name = command;
  }
  terminal.err << name << ": " << error.what() << "\nRun '" << name
               << " --help' for the options and an example.\n";
  return kWrongUsage;
}

/// What to say where the first word is no command; CLI11 would ask for one, or print the help of
/// all.
std::optional<std::string> unknown_command(int argc, const char* const* argv) {
  if (argc < 2) return std::nullopt;
  const std::string_view word = argv[1];
  if (word.empty() || word.front() == '-') return std::nullopt;
  std::vector<std::string_view> names;
  for (const Command& command : command_table()) {
    if (command.name == word) return std::nullopt;
    names.push_back(command.name);
  }
  const auto meant = nearest_name(word, names);
  return fmt::format(
      "layerwatt: there is no command '{}'{}\n"
      "Run 'layerwatt --help' for the commands and an example.\n",
      word, meant ? fmt::format("; did you mean {}?", *meant) : "");
}

}  // namespace

int run(int argc, const char* const* argv, Terminal& terminal) {
  if (const auto unknown = unknown_command(argc, argv)) {
    terminal.err << *unknown;
    return kWrongUsage;
  }
  CLI::App app(
      "layerwatt: how much energy and time each layer of a neural network costs on the\n"
      "machine that runs it, and how far each number can be trusted.",
      "layerwatt");
  app.set_version_flag("--version", fmt::format("layerwatt {}", kVersion));
  app.require_subcommand(1);
  app.footer("Example: layerwatt measure alexnet --result-dir raw_data");
  std::vector<std::pair<CLI::App*, Action>> actions;
  for (const Command& command : command_table()) {
    CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
    actions.emplace_back(sub, command.declare(*sub));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error, terminal);
  }
  for (const auto& [sub, action] : actions) {
    if (!sub->parsed()) continue;
    const Result<void> result = action(terminal);
    terminal.out.flush();
    if (!result) {
      terminal.err << "layerwatt " << sub->get_name() << ": " << result.error().to_string() << '\n';
      return result.error().code() == ErrorCode::kInvalidArgument ? kWrongUsage : kFailed;
    }
    if (!terminal.out) {
      terminal.err << "layerwatt " << sub->get_name()
                   << ": cannot write the output (is the disk full, or the reader gone?)\n";
      return kFailed;
    }
  }
  return terminal.exit_code;
}

}  // namespace layerwatt::cli
