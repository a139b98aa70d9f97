#include "recording/sampling/pacer.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Instant kStart = instant_from_ns(5'000'000'000);

TEST(Pacer, KeepsToTheGridWhateverBecomesOfATick) {
  Pacer pacer(kStart, milliseconds(1));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(pacer.deadline(), kStart + milliseconds(i));
    const Pacer::Tick tick = pacer.begin(pacer.deadline() + microseconds(i % 900));
    EXPECT_EQ(tick.number, static_cast<std::uint32_t>(i));
    EXPECT_EQ(tick.lateness, microseconds(i % 900));
    EXPECT_EQ(tick.lost, 0U);
  }
}

TEST(Pacer, CountsATickAsLateBeyondATenthOfThePeriod) {
  Pacer pacer(kStart, milliseconds(1));
  EXPECT_FALSE(pacer.is_late(pacer.begin(kStart + microseconds(100))));
  EXPECT_TRUE(pacer.is_late(pacer.begin(pacer.deadline() + microseconds(101))));
}

TEST(Pacer, LeavesAGapInTheNumbersForLostTicks) {
  Pacer pacer(kStart, milliseconds(1));
  EXPECT_EQ(pacer.begin(kStart).number, 0U);
  const Pacer::Tick tick = pacer.begin(kStart + microseconds(4250));
  EXPECT_EQ(tick.lost, 3U);
  EXPECT_EQ(tick.number, 4U);
  EXPECT_EQ(tick.lateness, microseconds(250));
  EXPECT_EQ(pacer.deadline(), kStart + milliseconds(5));
}

TEST(Pacer, WithoutAPeriodNothingIsLateOrLost) {
  Pacer pacer(kStart, Duration(0));
  EXPECT_EQ(pacer.begin(kStart + milliseconds(3)).number, 0U);
  const Pacer::Tick tick = pacer.begin(kStart + milliseconds(700));
  EXPECT_EQ(tick.number, 1U);
  EXPECT_EQ(tick.lost, 0U);
  EXPECT_FALSE(pacer.is_late(tick));
}

}  // namespace
}  // namespace layerwatt
