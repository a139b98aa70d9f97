#include "attribution/checks/coverage_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "attribution/checks/made_readings.h"

namespace layerwatt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::made_readings;
using namespace std::chrono_literals;

TEST(CoverageCheck, ReadingsThatBeginLateOrEndEarlyAreToldWithWhatTheyMiss) {
  CheckedReadings readings = made_readings();
  EXPECT_FALSE(check_coverage(readings));
  readings.busy = {{-2.0, 6.0}};
  auto finding = check_coverage(readings);
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->check, RecordingCheck::kCoverage);
  EXPECT_THAT(finding->sentence,
              AllOf(HasSubstr("begin 2.00 s after the first pass"), HasSubstr("25 % of what ran")));
  readings.busy = {{2.0, 12.0}};
  finding = check_coverage(readings);
  ASSERT_TRUE(finding);
  EXPECT_THAT(finding->sentence, HasSubstr("end 4.00 s before the last one does"));
}

PowerTrace trace_from(Duration begin, Duration end) {
  PowerTrace trace;
  trace.rail.name = "power log";
  for (Duration t = begin; t <= end; t += 100ms) {
    trace.before.push_back(instant_from_ns(0) + t);
    trace.power.push_back(watts(4.0));
  }
  trace.after = trace.before;
  return trace;
}

TEST(CoverageCheck, ReadingsOfAnotherTimeAreRefusedWithHowFarTheyAreApart) {
  Timeline timeline;
  timeline.layers.resize(1);
  Execution e;
  e.start = instant_from_ns(0) + 10s;
  e.end = instant_from_ns(0) + 20s;
  timeline.executions.push_back(e);
  EXPECT_EQ(refuse_no_overlap(trace_from(0s, 12s), look_over(timeline)), "");
  EXPECT_EQ(refuse_no_overlap(trace_from(19s, 30s), look_over(timeline)), "");
  EXPECT_THAT(refuse_no_overlap(trace_from(23s, 30s), look_over(timeline)),
              AllOf(HasSubstr("do not overlap"),
                    HasSubstr("first reading comes 3.00 s after the end of the last pass"),
                    HasSubstr("time zone")));
  EXPECT_THAT(refuse_no_overlap(trace_from(0s, 8s), look_over(timeline)),
              HasSubstr("10.0 s before the begin of the first pass, the last one 2.00 s before"));
}

}  // namespace
}  // namespace layerwatt
