#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "cli/command.h"

namespace layerwatt::cli {
namespace {

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run_with(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "layerwatt");
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{out, err};
  const int code = run(static_cast<int>(arguments.size()), arguments.data(), terminal);
  return {code, out.str(), err.str()};
}

TEST(Run, HelpGoesToStandardOutputAndSucceeds) {
  const Outcome outcome = run_with({"--help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("Example:"), std::string::npos);
  EXPECT_TRUE(outcome.err.empty());
}

TEST(Run, VersionNamesTheProgram) {
  const Outcome outcome = run_with({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out.rfind("layerwatt ", 0), 0U);
}

TEST(Run, NoCommandIsWrongUsage) {
  const Outcome outcome = run_with({});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("--help"), std::string::npos);
}

TEST(Run, AnUnknownCommandIsWrongUsage) { EXPECT_EQ(run_with({"mesure"}).code, 2); }

TEST(CommandTable, EveryCommandHasASummaryAndAnExample) {
  for (const Command& command : command_table()) {
    CLI::App app;
    command.declare(app);
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_NE(app.get_footer().find("layerwatt"), std::string::npos) << command.name;
  }
}

}  // namespace
}  // namespace layerwatt::cli
