#include "cli/terminal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <sstream>

#include "layerwatt/report/text_table.h"

#include "cli/command_process.h"

// The command on a terminal of its own.

namespace layerwatt::cli {
namespace {

using layerwatt::testing::CommandProcess;
using ::testing::HasSubstr;
using ::testing::Not;

class OnATerminal : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!CommandProcess::can_start()) GTEST_SKIP() << "no processes of this build here";
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) {
      GTEST_SKIP() << "no terminals here";
    }
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(slave_, 0);
  }
  void TearDown() override {
    if (master_ >= 0) ::close(master_);
    if (slave_ >= 0) ::close(slave_);
  }
  /// What `layerwatt models` prints, without the carriage returns of the terminal.
  std::string models(unsigned short columns, std::vector<std::string> environment) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 50;
    ::ioctl(slave_, TIOCSWINSZ, &size);
    CommandProcess::Setup setup;
    setup.terminal = slave_;
    setup.environment = std::move(environment);
    CommandProcess process({"models"}, setup);
    std::string text;
    for (;;) {
      // The terminal holds a page at most, so it is emptied while the command runs.
      pollfd readable{master_, POLLIN, 0};
      if (::poll(&readable, 1, 50) > 0) {
        char chunk[4096];
        const ssize_t got = ::read(master_, chunk, sizeof(chunk));
        if (got <= 0) break;
        text.append(chunk, static_cast<std::size_t>(got));
        continue;
      }
      if (process.wait(Duration(0)).in_time) break;
    }
    std::erase(text, '\r');
    return text;
  }
  int master_ = -1;
  int slave_ = -1;
};

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('\'')) continue;  // advice, not a table
    widest = std::max(widest, display_width(line));
  }
  return widest;
}

TEST_F(OnATerminal, UsesColour) {
  EXPECT_THAT(models(120, {"TERM=xterm", "NO_COLOR=", "COLUMNS="}), HasSubstr("\x1b[1m"));
}

TEST_F(OnATerminal, UsesNoColourWithNoColor) {
  const std::string text = models(120, {"TERM=xterm", "NO_COLOR=1", "COLUMNS="});
  EXPECT_THAT(text, HasSubstr("alexnet"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(OnATerminal, UsesNoColourOnADumbOne) {
  const std::string text = models(120, {"TERM=dumb", "NO_COLOR=", "COLUMNS="});
  EXPECT_THAT(text, HasSubstr("alexnet"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(OnATerminal, FitsItsTablesToANarrowOne) {
  const std::string text = models(60, {"TERM=dumb", "COLUMNS="});
  EXPECT_THAT(text, HasSubstr("61,100,840"));
  EXPECT_LE(widest_line(text), 60U);
}

TEST_F(OnATerminal, FitsItsTablesToColumnsWhereThatIsSet) {
  EXPECT_LE(widest_line(models(200, {"TERM=dumb", "COLUMNS=70"})), 70U);
}

}  // namespace
}  // namespace layerwatt::cli
