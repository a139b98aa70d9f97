#include <gmock/gmock.h>

#include <CLI/App.hpp>

#include "cli/app.h"
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

TEST(Run, AnUnknownCommandIsWrongUsageAndTheNearestIsNamed) {
  const Outcome mistyped = run_command({"measrue"});
  EXPECT_EQ(mistyped.code, 2);
  EXPECT_THAT(mistyped.err, ::testing::HasSubstr("did you mean measure?"));
  // Its help is no help.
  const Outcome help = run_command({"measrue", "--help"});
  EXPECT_EQ(help.code, 2);
  EXPECT_EQ(help.out, "");
  EXPECT_THAT(run_command({"zzzzzzzz"}).err, ::testing::Not(::testing::HasSubstr("did you mean")));
}

TEST(CommandTable, EveryCommandHasASummaryAndAnExample) {
  for (const Command& command : command_table()) {
    App app;
    command.declare(app);
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_NE(app.parser().get_footer().find("layerwatt"), std::string::npos) << command.name;
  }
}

}  // namespace
}  // namespace layerwatt::cli
