#include <gmock/gmock.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "cli/app.h"
#include "cli/command.h"

// Every example that a command's --help shows is one that the command takes: it is found in the
// footer and parsed, with the options as they are declared. Files that are not here are no fault.

namespace layerwatt::cli {
namespace {

/// Words as a shell makes them of a line: quotes are taken off, nothing is expanded.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = '\0';
  for (const char c : line) {
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        *word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      if (!word) word.emplace();
    } else if (c == ' ') {
      if (word) words.push_back(*word);
      word.reset();
    } else {
      if (!word) word.emplace();
      *word += c;
    }
  }
  if (word) words.push_back(*word);
  return words;
}

/// What stands behind "layerwatt " in the lines of a footer; a backslash at an end goes on.
std::vector<std::string> examples_in(std::string footer) {
  for (std::size_t at = footer.find("\\\n"); at != std::string::npos; at = footer.find("\\\n")) {
    footer.erase(at, 2);
  }
  std::vector<std::string> examples;
  std::istringstream lines(footer);
  for (std::string line; std::getline(lines, line);) {
    const std::string command = "layerwatt ";
    for (std::size_t at = line.find(command); at != std::string::npos;
         at = line.find(command, at + 1)) {
      // Behind "Example: ", under it, or behind another command; not within a sentence.
      const std::string before = line.substr(0, at);
      const bool is_alone = before.find_first_not_of(' ') == std::string::npos;
      if (!is_alone && !before.ends_with(": ") && !before.ends_with("&& ")) continue;
      std::string example = line.substr(at + command.size());
      for (const char* end : {" && ", " | ", " > "}) example = example.substr(0, example.find(end));
      examples.push_back(std::move(example));
    }
  }
  return examples;
}

/// Why the words are not taken; empty where they are.
std::string refusal_of(const std::vector<std::string>& words) {
  App app;
  app.require_subcommand(1, 1);
  std::vector<Action> actions;
  for (const Command& command : command_table()) {
    actions.push_back(command.declare(*app.add_subcommand(std::string(command.name))));
  }
  return app.parse(words).text;
}

void check_examples(const CLI::App& app, const std::string& name, int& count) {
  const std::vector<std::string> examples = examples_in(app.get_footer());
  for (const std::string& example : examples) {
    ++count;
    const std::string refusal = refusal_of(words_of(example));
    const bool is_fine = refusal.empty() || refusal.find("does not exist") != std::string::npos;
    EXPECT_TRUE(is_fine) << name << ": " << example << "\n" << refusal;
  }
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    check_examples(*sub, name + " " + sub->get_name(), count);
  }
}

TEST(HelpExamples, AreTakenByTheCommandsThatShowThem) {
  for (const Command& command : command_table()) {
    App app;
    const Action action = command.declare(app);
    int count = 0;
    check_examples(app.parser(), std::string(command.name), count);
    EXPECT_GT(count, 0) << command.name << " shows no example";
  }
}

TEST(HelpExamples, AreFoundWithTheirQuotesAndOverSeveralLines) {
  EXPECT_EQ(examples_in("Example: layerwatt map \\\n  --json\nsee 'layerwatt sensors'\n"),
            (std::vector<std::string>{"map   --json"}));
  EXPECT_EQ(words_of("run --vs './b  c' -- ./a"),
            (std::vector<std::string>{"run", "--vs", "./b  c", "--", "./a"}));
}

}  // namespace
}  // namespace layerwatt::cli
