#include <gmock/gmock.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "cli/app.h"
#include "cli/command_run.h"

// Every option of every command that takes a number names a range (core/number_range.h): what is
// none, or is far beyond, is refused before anything begins. Options are found, not listed: a new
// one is tried too.

namespace layerwatt::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct FoundOption {
  /// "measure --runs"; of a command in a command all of its words.
  std::vector<std::string> words;
  std::string type;
  /// How many values it wants at least.
  int values = 1;
};

void PrintTo(const FoundOption& option, std::ostream* out) {
  *out << ::testing::PrintToString(option.words) << ' ' << option.type;
}

void find_options(const CLI::App& app, const std::vector<std::string>& command,
                  std::vector<FoundOption>& found) {
  for (const CLI::Option* option : app.get_options()) {
    const bool is_flag = option->get_expected_max() == 0;
    // Without a group it is not for people.
    const bool is_hidden = option->get_group().empty();
    if (is_flag || is_hidden || option->get_lnames().empty()) continue;
    FoundOption one{command, option->get_type_name(),
                    std::max(1, option->get_items_expected_min())};
    one.words.push_back("--" + option->get_lnames().front());
    found.push_back(std::move(one));
  }
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    std::vector<std::string> words = command;
    words.push_back(sub->get_name());
    find_options(*sub, words, found);
  }
}

std::vector<FoundOption> all_options() {
  std::vector<FoundOption> found;
  for (const Command& command : command_table()) {
    App app;
    const Action action = command.declare(app);
    find_options(app.parser(), {std::string(command.name)}, found);
  }
  return found;
}

bool takes_a_number(const FoundOption& option) {
  constexpr std::array kTypes = {"INT",     "FLOAT", "TIME",     "WATTS", "SECONDS",
                                 "PERCENT", "CPU",   "PRIORITY", "DIM"};
  return std::ranges::any_of(
      kTypes, [&](const char* type) { return option.type.find(type) != std::string::npos; });
}

/// The command with `value` as often as the option wants one.
Outcome run_with(const FoundOption& option, const std::string& value) {
  std::vector<std::string> words = option.words;
  const std::string name = words.back();
  words.back() += "=" + value;
  for (int i = 1; i < option.values; ++i) words.push_back(value);
  return run_command(words);
}

TEST(NumberOptions, AreAtLeastThoseThatWereOnceCounted) {
  const auto options = all_options();
  EXPECT_GE(std::ranges::count_if(options, takes_a_number), 60);
}

TEST(NumberOptions, RefuseWhatIsNoNumberAndWhatIsBeyondAll) {
  for (const FoundOption& option : all_options()) {
    if (!takes_a_number(option)) continue;
    for (const char* bad : {"nan", "inf", "-inf", "1e308", "1e400", "-1e9", "-1000000", "0x1g",
                            "99999999999999999999999", "twelve"}) {
      const Outcome outcome = run_with(option, bad);
      EXPECT_EQ(outcome.code, 2) << ::testing::PrintToString(option) << ' ' << bad;
      // It is this option that is wrong, not one that is missing.
      EXPECT_THAT(outcome.err, AllOf(HasSubstr(option.words.back()), Not(HasSubstr("is required"))))
          << bad;
    }
  }
}

TEST(NameOptions, OfFoldersRefuseAnEmptyName) {
  int count = 0;
  for (const FoundOption& option : all_options()) {
    const std::string& name = option.words.back();
    if (!name.ends_with("-dir") || name == "--remote-dir") continue;
    ++count;
    const Outcome outcome = run_with(option, "");
    EXPECT_EQ(outcome.code, 2) << ::testing::PrintToString(option);
    EXPECT_THAT(outcome.err, HasSubstr(name));
  }
  EXPECT_GE(count, 10);
}

TEST(NameOptions, RefuseAnEmptyNameInItsOwnWordToo) {
  const Outcome outcome = run_command({"simulate", "--duration", "1", "--result-dir", ""});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--result-dir"), HasSubstr("the name is empty")));
}

}  // namespace
}  // namespace layerwatt::cli
