#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "cli/command_run.h"
#include "cli/help/command_help.h"

namespace layerwatt::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// What bash would offer behind these words, the last of which is being typed.
std::string offered(const std::vector<std::string>& words) {
  std::string line = bash_completion(describe_commands()) + "\nCOMP_WORDS=(layerwatt";
  for (const std::string& word : words) line += " '" + word + "'";
  line +=
      ")\nCOMP_CWORD=" + std::to_string(words.size()) + "\n_layerwatt\necho \"${COMPREPLY[*]}\"\n";
  const std::string path =
      (std::filesystem::temp_directory_path() / ("layerwatt-bash-" + std::to_string(::getpid())))
          .string();
  std::ofstream(path) << line;
  const std::unique_ptr<FILE, int (*)(FILE*)> bash(::popen(("bash " + path + " 2>&1").c_str(), "r"),
                                                   ::pclose);
  std::string said;
  for (int c = std::fgetc(bash.get()); c != EOF; c = std::fgetc(bash.get())) {
    said += static_cast<char>(c);
  }
  std::filesystem::remove(path);
  return said;
}

TEST(Completion, OffersCommandsAndThenTheirOptions) {
  if (std::system("bash -c true") != 0) GTEST_SKIP() << "bash is not on this machine";
  EXPECT_EQ(offered({"meas"}), "measure\n");
  EXPECT_EQ(offered({"measure", "--sched"}), "--schedule\n");
  EXPECT_EQ(offered({"measure", "lenet", "--sched"}), "--schedule\n");
  EXPECT_EQ(offered({"data", "pu"}), "push pull\n");
  EXPECT_THAT(offered({"data", "push", "--"}), HasSubstr("--remote"));
  // Values and files are the shell's own business.
  EXPECT_EQ(offered({"measure", "len"}), "\n");
}

TEST(Completion, EveryShellIsToldOfEveryCommand) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome outcome = run_command({"completion", shell});
    EXPECT_EQ(outcome.code, 0);
    for (const Command& command : command_table()) {
      EXPECT_THAT(outcome.out, HasSubstr(std::string(command.name))) << shell;
    }
  }
  EXPECT_EQ(run_command({"completion", "tcsh"}).code, 2);
}

TEST(ManPages, HaveNameSynopsisOptionsAndExamplesOfEveryCommand) {
  for (const CommandHelp& command : describe_commands()) {
    const std::string page = man_page(command);
    EXPECT_THAT(page, HasSubstr(".SH NAME\nlayerwatt\\-")) << command.name;
    EXPECT_THAT(page, HasSubstr(".SH SYNOPSIS\n")) << command.name;
    for (const OptionHelp& option : command.options)
      EXPECT_FALSE(option.text.empty()) << command.name;
    // A line that begins with a dot would be a request of roff's.
    EXPECT_THAT(page, Not(HasSubstr("\n..."))) << command.name;
  }
}

TEST(ManPages, AreWrittenOnePerCommand) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("layerwatt-man-" + std::to_string(::getpid()));
  EXPECT_EQ(run_command({"man-pages", "--output-dir", folder.string()}).code, 0);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, Contains("layerwatt.1"));
  EXPECT_THAT(names, Contains("layerwatt-measure.1"));
  EXPECT_THAT(names, Contains("layerwatt-data-push.1"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace layerwatt::cli
