#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/help/command_help.h"

namespace layerwatt::cli {
namespace {

bool is_top(const CommandHelp& command) { return command.name.find(' ') == std::string::npos; }

std::string last_word(const CommandHelp& command) {
  return command.name.substr(command.name.rfind(' ') + 1);
}

std::vector<std::string> option_names(const CommandHelp& command) {
  std::vector<std::string> names;
  for (const OptionHelp& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

/// One line of plain words, fit to stand between single quotes of a shell.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, text.find('\n'))) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out;
}

/// The same for _arguments of zsh, to which brackets and colons mean something.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : plain(text)) {
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string bash_completion(std::span<const CommandHelp> commands) {
  std::vector<std::string> tops;
  std::string cases;
  for (const CommandHelp& command : commands) {
    if (is_top(command)) tops.push_back(command.name);
    cases += fmt::format("    '{}') options='{}' below='{}' ;;\n", command.name,
                         fmt::join(option_names(command), " "), fmt::join(command.below, " "));
  }
  return fmt::format(
      "# Completion of layerwatt for bash: source it, or put it into bash-completion's folder.\n"
      "_layerwatt() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} command='' options='--help --version' "
      "below='{}' i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \" $below \" in *\" ${{COMP_WORDS[i]}} \"*) ;; *) continue ;; esac\n"
      "    command+=\"${{command:+ }}${{COMP_WORDS[i]}}\"\n"
      "    case $command in\n{}"
      "    esac\n"
      "  done\n"
      "  if [[ $word == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  elif [[ -n $below ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$below\" -- \"$word\"))\n"
      "  fi\n"
      "}}\n"
      "# Where nothing of the above fits: files.\n"
      "complete -o default -F _layerwatt layerwatt\n",
      fmt::join(tops, " "), cases);
}

std::string zsh_completion(std::span<const CommandHelp> commands) {
  std::string described;
  std::string cases;
  for (const CommandHelp& command : commands) {
    if (is_top(command)) {
      described += fmt::format("    '{}:{}'\n", command.name, zsh_text(command.summary));
    }
    std::string arguments;
    for (const OptionHelp& option : command.options) {
      for (const std::string& name : option.names) {
        arguments += fmt::format(" \\\n        '{}[{}]{}'", name, zsh_text(option.text),
                                 option.value.empty() ? "" : ":value:_files");
      }
    }
    if (!command.below.empty()) {
      arguments += fmt::format(" \\\n        '*:command:({})'", fmt::join(command.below, " "));
    } else {
      arguments += " \\\n        '*:file:_files'";
    }
    cases += fmt::format("    '{}')\n      _arguments{} ;;\n", command.name, arguments);
  }
  return fmt::format(
      "#compdef layerwatt\n"
      "# Completion of layerwatt for zsh: put it into a folder of $fpath as _layerwatt.\n"
      "_layerwatt() {{\n"
      "  local -a commands\n"
      "  commands=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  if [[ $command == data && CURRENT -gt 3 ]]; then\n"
      "    command=\"data $words[3]\"\n"
      "    [[ $words[3] == remote && CURRENT -gt 4 ]] && command=\"data remote $words[4]\"\n"
      "  fi\n"
      "  case $command in\n{}"
      "  esac\n"
      "}}\n"
      "_layerwatt \"$@\"\n",
      described, cases);
}

std::string fish_completion(std::span<const CommandHelp> commands) {
  std::string script =
      "# Completion of layerwatt for fish: ~/.config/fish/completions/layerwatt.fish.\n";
  for (const CommandHelp& command : commands) {
    std::string seen = "__fish_use_subcommand";
    std::string here;
    for (std::size_t at = 0; at < command.name.size();) {
      const std::size_t space = std::min(command.name.find(' ', at), command.name.size());
      const std::string word = command.name.substr(at, space - at);
      seen = here.empty() ? "__fish_use_subcommand" : here;
      here += fmt::format("{}__fish_seen_subcommand_from {}", here.empty() ? "" : "; and ", word);
      at = space + 1;
    }
    script += fmt::format("complete -c layerwatt -n '{}' -a {} -d '{}'\n", seen, last_word(command),
                          plain(command.summary));
    for (const OptionHelp& option : command.options) {
      script += fmt::format("complete -c layerwatt -n '{}'", here);
      for (const std::string& name : option.names) {
        script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      script += fmt::format("{} -d '{}'\n", option.value.empty() ? "" : " -r", plain(option.text));
    }
  }
  return script;
}

}  // namespace layerwatt::cli
