#include <fmt/format.h>

#include <algorithm>
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

int report_refusal(const Parsed& parsed, Terminal& terminal) {
  const std::string name =
      parsed.command.empty() ? "layerwatt" : fmt::format("layerwatt {}", parsed.command);
  terminal.err << fmt::format("{0}: {1}\nRun '{0} --help' for the options and an example.\n", name,
                              parsed.text);
  return kWrongUsage;
}

/// What to say where the first word is no command; the parser would ask for one, or print the help
/// of all.
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
  App app(
      "layerwatt: how much energy and time each layer of a neural network costs on the\n"
      "machine that runs it, and how far each number can be trusted.",
      "layerwatt");
  app.set_version_flag("--version", fmt::format("layerwatt {}", kVersion));
  app.require_subcommand(1, 1);
  app.footer("Example: layerwatt measure alexnet --result-dir raw_data");
  std::vector<std::pair<App*, Action>> actions;
  for (const Command& command : command_table()) {
    App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
    actions.emplace_back(sub, command.declare(*sub));
  }
  const Parsed parsed = app.parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  if (parsed.kind == Parsed::Kind::kRefused) return report_refusal(parsed, terminal);
  if (parsed.kind == Parsed::Kind::kShown) {
    terminal.out << parsed.text;
    return kDone;
  }
  for (const auto& [sub, action] : actions) {
    if (!sub->parsed()) continue;
    const Result<void> result = action(terminal);
    terminal.out.flush();
    if (!result) {
      terminal.err << "layerwatt " << sub->name() << ": " << result.error().to_string() << '\n';
      return result.error().code() == ErrorCode::kInvalidArgument ? kWrongUsage : kFailed;
    }
    if (!terminal.out) {
      terminal.err << "layerwatt " << sub->name()
                   << ": cannot write the output (is the disk full, or the reader gone?)\n";
      return kFailed;
    }
  }
  return terminal.exit_code;
}

}  // namespace layerwatt::cli
