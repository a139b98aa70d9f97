#include "layerwatt/report/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct Clock {
  Instant time{};
  std::function<Instant()> now() {
    return [this] { return time; };
  }
};

TEST(Progress, DrawsABarWithTheTimeLeftOnATerminal) {
  Clock clock;
  std::ostringstream out;
  {
    Progress progress(out, "Mapping", 4, {true, 80, false, clock.now()});
    clock.time += 30s;
    progress.update(1);
    EXPECT_THAT(out.str(), HasSubstr("Mapping █████░░░░░░░░░░░░░░░ 1 of 4, 1:30 left"));
  }
  EXPECT_THAT(out.str(), testing::EndsWith("\r\x1b[K"));
}

TEST(Progress, RedrawsNoMoreThanAPersonCanSee) {
  Clock clock;
  std::ostringstream out;
  Progress progress(out, "x", 1000, {true, 80, false, clock.now()});
  for (int i = 0; i < 1000; ++i) {
    clock.time += 1ms;
    progress.update(i);
  }
  const std::string text = out.str();
  EXPECT_LE(std::count(text.begin(), text.end(), '\r'), 11);
}

TEST(Progress, PrintsPlainLinesNowAndThenElsewhere) {
  Clock clock;
  std::ostringstream out;
  Progress progress(out, "Measuring", 100, {false, 80, false, clock.now()});
  for (int i = 1; i <= 40; ++i) {
    clock.time += 1s;
    progress.update(i);
  }
  EXPECT_EQ(out.str(),
            "Measuring: 10 of 100, 1:30 left\n"
            "Measuring: 20 of 100, 1:20 left\n"
            "Measuring: 30 of 100, 1:10 left\n"
            "Measuring: 40 of 100, 1:00 left\n");
}

TEST(Progress, ShowsTheTimeOfARunThatHasALength) {
  Clock clock;
  std::ostringstream out;
  Progress progress(out, "layers", 120'000, {false, 80, true, clock.now()});
  clock.time += 45s;
  progress.update(45'000);
  EXPECT_EQ(out.str(), "layers: 0:45 of 2:00, 1:15 left\n");
}

TEST(Progress, ShortWorkPrintsNothingElsewhere) {
  Clock clock;
  std::ostringstream out;
  Progress progress(out, "x", 2, {false, 80, false, clock.now()});
  progress.update(1);
  progress.update(2);
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, NeverExceedsTheWidthAndShowsTheDetail) {
  Clock clock;
  std::ostringstream out;
  Progress progress(out, "Mapping", 0, {true, 40, false, clock.now()});
  progress.set_detail("a\x1b[31mb");
  progress.update(12345);
  EXPECT_THAT(out.str(), HasSubstr("12,345"));
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b[31m")));
}

}  // namespace
}  // namespace layerwatt
