#include "attribution/clock/register_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

/// Reads of 200 µs, one a millisecond; the fourth took 2 ms.
PowerTrace five_reads() {
  PowerTrace trace;
  for (int k = 0; k < 5; ++k) {
    const Instant before = instant_from_ns(1'000'000'000) + k * 3ms;
    trace.before.push_back(before);
    trace.after.push_back(before + (k == 3 ? 2ms : 200us));
    trace.power.emplace_back(k < 2 ? 5.0 : 6.0);
  }
  return trace;
}

TEST(RegisterChanges, ReadsLatchAtAPartOfTheirLength) {
  const PowerTrace trace = five_reads();
  EXPECT_THAT(latch_times(trace, trace.before.front(), 0.5),
              Pointwise(DoubleNear(1e-12), {0.1e-3, 3.1e-3, 6.1e-3, 10e-3, 12.1e-3}));
}

TEST(RegisterChanges, AReadThatTookMoreThanThreeTimesAsLongAsUsualStalled) {
  EXPECT_THAT(stalled_reads(five_reads()), ElementsAre(false, false, false, true, false));
  EXPECT_TRUE(stalled_reads(PowerTrace()).empty());
}

TEST(RegisterChanges, AnEventLiesBetweenTwoReadsNeitherOfWhichStalled) {
  const PowerTrace trace = five_reads();
  const auto events = register_events(trace, trace.before.front(), 0.0);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_NEAR(events[0].from, 0.0, 1e-12);
  EXPECT_NEAR(events[0].to, 3e-3, 1e-12);
  EXPECT_FALSE(events[0].changed);
  EXPECT_NEAR(events[1].to, 6e-3, 1e-12);
  EXPECT_TRUE(events[1].changed);
}

TEST(RegisterChanges, ChangesAreThoseOfTheCurrentWhereThereIsOne) {
  PowerTrace trace = five_reads();
  for (int k = 0; k < 5; ++k) trace.current.emplace_back(k == 0 ? 1.0 : 2.0);
  EXPECT_THAT(register_values(trace), ElementsAre(1.0, 2.0, 2.0, 2.0, 2.0));
  EXPECT_TRUE(register_events(trace, trace.before.front(), 0.0)[0].changed);
}

}  // namespace
}  // namespace layerwatt
