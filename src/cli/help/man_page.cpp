#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/version.h"

#include "cli/help/command_help.h"

namespace layerwatt::cli {
namespace {

/// Text for roff: backslashes and hyphens as themselves, and no line that begins a request.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string page_title(const std::string& name) {
  std::string title = "layerwatt-" + name;
  std::ranges::replace(title, ' ', '-');
  return title;
}

std::string head(const std::string& title) {
  return fmt::format(".TH \"{}\" 1 \"\" \"layerwatt {}\" \"layerwatt\"\n", upper(title), kVersion);
}

std::string option_entry(const OptionHelp& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names += (names.empty() ? "" : ", ") + roff(name);
  }
  std::string entry = fmt::format(".TP\n\\fB{}\\fR", names);
  if (!option.value.empty()) entry += fmt::format(" \\fI{}\\fR", roff(option.value));
  entry += '\n' + roff(option.text.empty() ? option.names.back() : option.text);
  if (!option.default_text.empty() && !option.value.empty()) {
    entry += fmt::format(" (default: {})", roff(option.default_text));
  }
  if (option.required) entry += " (required)";
  return entry + '\n';
}

}  // namespace

std::string man_page_name(const CommandHelp& command) { return page_title(command.name) + ".1"; }

std::string man_page(const CommandHelp& command) {
  const std::string title = page_title(command.name);
  std::string page = head(title);
  page += fmt::format(".SH NAME\n{} \\- {}\n", roff(title), roff(command.summary));
  page += fmt::format(".SH SYNOPSIS\n\\fBlayerwatt {}\\fR", roff(command.name));
  if (!command.below.empty()) page += " \\fICOMMAND\\fR";
  for (const OptionHelp& argument : command.arguments) {
    const std::string name = fmt::format("\\fI{}\\fR", roff(argument.names.front()));
    page += argument.required ? " " + name : " [" + name + "]";
  }
  page += command.options.empty() ? "\n" : " [\\fIOPTIONS\\fR]\n";
  if (!command.arguments.empty()) {
    page += ".SH ARGUMENTS\n";
    for (const OptionHelp& argument : command.arguments) page += option_entry(argument);
  }
  if (!command.options.empty()) {
    page += ".SH OPTIONS\n";
    for (const OptionHelp& option : command.options) page += option_entry(option);
  }
  if (!command.footer.empty()) {
    page += fmt::format(".SH NOTES AND EXAMPLES\n.nf\n{}\n.fi\n", roff(command.footer));
  }
  page += ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage.\n.SH SEE ALSO\n";
  for (const std::string& below : command.below) {
    page += fmt::format("\\fB{}\\fR(1),\n", roff(page_title(command.name + ' ' + below)));
  }
  return page + "\\fBlayerwatt\\fR(1)\n";
}

std::string main_man_page(std::span<const CommandHelp> commands) {
  std::string page = head("layerwatt");
  page +=
      ".SH NAME\nlayerwatt \\- energy and time of each layer of a neural network\n"
      ".SH SYNOPSIS\n\\fBlayerwatt\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n"
      ".SH DESCRIPTION\nHow much energy and time each layer of a neural network costs on the "
      "machine that runs it, and how far each number can be trusted.\n.SH COMMANDS\n";
  for (const CommandHelp& command : commands) {
    page += fmt::format(".TP\n\\fB{}\\fR(1)\n{}\n", roff(page_title(command.name)),
                        roff(command.summary));
  }
  return page +
         ".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nIf set, nothing is printed in colour.\n"
         ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage.\n";
}

}  // namespace layerwatt::cli
