#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt::cli {

/// One option or positional argument of a command, as its help has it.
struct OptionHelp {
  /// "--result-dir", "-r"; of a positional argument its one name.
  std::vector<std::string> names;
  /// What stands behind it ("FILE"); empty for a flag.
  std::string value;
  std::string text;
  /// As it is where nobody types it; empty where nothing is said of that.
  std::string default_text;
  bool required = false;
};

/// One command, or a command of a command.
struct CommandHelp {
  /// "measure", "data push".
  std::string name;
  std::string summary;
  std::vector<OptionHelp> arguments;
  std::vector<OptionHelp> options;
  /// Further words and the examples, line by line.
  std::string footer;
  /// Names of the commands below it ("push" of "data").
  std::vector<std::string> below;
};

/// Every command of the table and those below them, in the order of the help: what is typed, as the
/// parser itself knows it.
std::vector<CommandHelp> describe_commands();

/// The manual page of one command in roff (man(7)), section 1.
std::string man_page(const CommandHelp& command);
/// That of layerwatt itself, which names all.
std::string main_man_page(std::span<const CommandHelp> commands);
/// "layerwatt-data-push.1".
std::string man_page_name(const CommandHelp& command);

/// A script that completes commands and options; values are completed as files.
std::string bash_completion(std::span<const CommandHelp> commands);
std::string zsh_completion(std::span<const CommandHelp> commands);
std::string fish_completion(std::span<const CommandHelp> commands);

}  // namespace layerwatt::cli
