#include "cli/help/command_help.h"

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/command.h"

namespace layerwatt::cli {
namespace {

OptionHelp describe(const CLI::Option& option) {
  OptionHelp help;
  if (option.get_positional()) {
    help.names.push_back(option.get_name(true));
  } else {
    for (const std::string& name : option.get_snames()) help.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) help.names.push_back("--" + name);
  }
  if (option.get_items_expected_max() > 0) {
    help.value = option.get_type_name().empty() ? "VALUE" : option.get_type_name();
  }
  help.text = option.get_description();
  help.default_text = option.get_default_str();
  help.required = option.get_required();
  return help;
}

void describe_below(const CLI::App& app, const std::string& name,
                    std::vector<CommandHelp>& commands) {
  CommandHelp help;
  help.name = name;
  help.summary = app.get_description();
  help.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    // Without a group it is not shown.
    if (option->get_group().empty()) continue;
    (option->get_positional() ? help.arguments : help.options).push_back(describe(*option));
  }
  const auto below = app.get_subcommands({});
  for (const CLI::App* sub : below) help.below.push_back(sub->get_name());
  commands.push_back(std::move(help));
  for (const CLI::App* sub : below) describe_below(*sub, name + ' ' + sub->get_name(), commands);
}

}  // namespace

std::vector<CommandHelp> describe_commands() {
  std::vector<CommandHelp> commands;
  for (const Command& command : command_table()) {
    App app(std::string(command.summary), std::string(command.name));
    const Action action = command.declare(app);
    describe_below(app.parser(), std::string(command.name), commands);
  }
  return commands;
}

}  // namespace layerwatt::cli
