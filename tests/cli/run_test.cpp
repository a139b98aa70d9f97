#include <gtest/gtest.h>

#include "cli/command_run.h"

namespace layerwatt::cli {
namespace {

TEST(Run, HelpGoesToStandardOutputAndSucceeds) {
  const Outcome outcome = run_command({"--help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("Example:"), std::string::npos);
  EXPECT_TRUE(outcome.err.empty());
}

TEST(Run, VersionNamesTheProgram) {
  const Outcome outcome = run_command({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out.rfind("layerwatt ", 0), 0U);
}

TEST(Run, NoCommandIsWrongUsage) {
  const Outcome outcome = run_command({});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("--help"), std::string::npos);
}

TEST(Run, AnUnknownCommandIsWrongUsage) { EXPECT_EQ(run_command({"mesure"}).code, 2); }

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
