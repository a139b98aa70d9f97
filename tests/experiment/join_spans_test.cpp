#include "layerwatt/experiment/join_spans.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <random>

#include "layerwatt/core/local_time.h"
#include "layerwatt/dataset/power_log.h"
#include "layerwatt/experiment/power_beside.h"

#include "dataset/temporary_folder.h"
#include "experiment/join/stretch_energy.h"

namespace layerwatt {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// 2026-11-28 12:00:00 UTC.
constexpr std::int64_t kNoon = 1'795'867'200'000'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;

/// A log of 60 s of a stock sensor, whose time constant is 0.43 s: 4 W, and 5 W more in four of
/// each six seconds from second 12 to 48.
class JoinSpansTest : public ::testing::Test {
 protected:
  JoinSpansTest() {
    options_.name = "joined";
    options_.result_dir = folder_.path() / "raw";
    options_.power.path = folder_.path() / "power.log";
    write_log(options_.power.path, Duration(0));
    for (int i = 0; i < 6; ++i) add("work", i, 12.0 + 6.0 * i, 16.0 + 6.0 * i);
  }

  void add(const std::string& name, std::int64_t group, double begin, double end) {
    const auto at = [](double second) {
      return kNoon + static_cast<std::int64_t>(second * static_cast<double>(kSecond));
    };
    options_.spans.push_back({name, group, at(begin), at(end)});
  }

  static void write_log(const std::filesystem::path& path, Duration shift) {
    std::ofstream log(path);
    double shown = 4.0;
    std::mt19937 noise(1);
    for (int i = 0; i < 6000; ++i) {
      const bool works = i >= 1200 && i < 4800 && i % 600 < 400;
      shown += ((works ? 9.0 : 4.0) - shown) * -std::expm1(-0.01 / 0.43);
      // Steps of 40 mW, the last of which scatters.
      const double scatter = static_cast<double>(noise()) / static_cast<double>(noise.max()) - 0.5;
      const double watts = 0.04 * std::round(shown / 0.04 + scatter);
      const LocalTime at = local_time_from_ns(kNoon + i * kSecond / 100) + shift;
      log << format_power_log_line(at, 5000.0, watts / 5.0 * 1e3) << '\n';
    }
  }

  TemporaryFolder folder_;
  JoinOptions options_;
};

TEST_F(JoinSpansTest, WhatRanGetsThePowerOfItsTime) {
  const auto joined = join_spans(options_);
  ASSERT_TRUE(joined) << joined.error().to_string();
  ASSERT_THAT(joined->regions, SizeIs(1));
  ASSERT_TRUE(joined->regions[0].energy) << joined->regions[0].reason;
  EXPECT_EQ(joined->regions[0].count, 6);
  EXPECT_NEAR(joined->regions[0].energy->value.value(), 20.0, 0.4);
  ASSERT_THAT(joined->busy, SizeIs(1));
  ASSERT_TRUE(joined->busy[0].energy) << joined->busy[0].reason;
  EXPECT_NEAR(joined->busy[0].energy->value.value(), 120.0, 2.4);
  EXPECT_EQ(joined->busy[0].time, std::chrono::seconds(24));
  EXPECT_TRUE(std::filesystem::exists(joined->folder / "timeline.npy"));
}

TEST(QuietestOutside, IsWhereThereAreReadingsWhateverTimeTheySpan) {
  // Ten readings a second: busy at 9 W, then idle at 4 W; then a clock that jumped ahead by years,
  // to a reading of 1 W, so that a line across the jump would be the quietest.
  PowerTrace trace;
  const auto add = [&](double second, double watts) {
    trace.before.push_back(instant_from_ns(static_cast<std::int64_t>(second * 1e9)));
    trace.after.push_back(trace.before.back());
    trace.power.emplace_back(watts);
  };
  for (int i = 0; i < 100; ++i) add(0.1 * i, 9.0);
  for (int i = 0; i < 80; ++i) add(10.0 + 0.1 * i, 4.0);
  constexpr double kYears = 4e8;
  add(kYears, 1.0);
  for (int i = 1; i < 30; ++i) add(kYears + 0.1 * i, 6.0);
  const MarkedRegion::Span busy{trace.before.front(), instant_from_ns(10'000'000'000)};
  const auto quiet = quietest_outside(trace, busy);
  ASSERT_TRUE(quiet);
  EXPECT_NEAR(quiet->value.value(), 4.0, 1e-6);
}

TEST_F(JoinSpansTest, AGroupIsTakenWholeOrNotAtAll) {
  add("work", 6, 58.0, 59.0);
  add("more", 6, 59.0, 61.0);
  const auto joined = join_spans(options_);
  ASSERT_TRUE(joined) << joined.error().to_string();
  EXPECT_THAT(joined->groups, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(joined->regions[0].count, 6);
}

TEST_F(JoinSpansTest, WithOtherThingsAroundEachNameIsToldByItsReadings) {
  options_.is_all_that_ran = false;
  // Behind an average that nobody declared: from where it has forgotten what was before.
  for (WallSpan& span : options_.spans) span.start_ns += 22 * kSecond / 10;
  const auto joined = join_spans(options_);
  ASSERT_TRUE(joined) << joined.error().to_string();
  ASSERT_THAT(joined->busy, SizeIs(1));
  EXPECT_EQ(joined->busy[0].name, "work");
  ASSERT_TRUE(joined->busy[0].energy);
  EXPECT_NEAR(joined->busy[0].energy->value.value(), 6 * 1.8 * 5.0, 0.5);
  EXPECT_LE(joined->busy[0].energy->low->value(), joined->busy[0].energy->value.value());
  EXPECT_GE(joined->busy[0].energy->high->value(), joined->busy[0].energy->value.value());
  EXPECT_THAT(joined->notes, Contains(HasSubstr("quietest")));
}

TEST_F(JoinSpansTest, ClocksOfTwoTimeZonesAreTold) {
  write_log(options_.power.path, -std::chrono::hours(5));
  const auto joined = join_spans(options_);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().code(), ErrorCode::kUnknowable);
  EXPECT_THAT(joined.error().to_string(), HasSubstr("utc_offset_hour=-5)"));
  EXPECT_FALSE(std::filesystem::exists(options_.result_dir / "joined"));
  options_.power.utc_offset = -std::chrono::hours(5);
  EXPECT_TRUE(join_spans(options_));
}

TEST_F(JoinSpansTest, ARunThatIsThereIsNotReplacedUnasked) {
  ASSERT_TRUE(join_spans(options_));
  options_.existing = ExistingResult::kRefuse;
  EXPECT_EQ(join_spans(options_).error().code(), ErrorCode::kInvalidArgument);
  options_.existing = ExistingResult::kNumber;
  const auto again = join_spans(options_);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->folder.filename(), "joined-2");
}

}  // namespace
}  // namespace layerwatt
