#include "layerwatt/experiment/doctor.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/simulation/virtual_board.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;

const Finding* find(const std::vector<Finding>& findings, std::string_view subject) {
  const auto found = std::ranges::find(findings, subject, &Finding::subject);
  return found == findings.end() ? nullptr : &*found;
}

Verdict verdict_on(const SelfTest& test, std::string_view subject) {
  const Finding* found = find(test.findings, subject);
  return found == nullptr ? Verdict::kNotKnown : found->verdict;
}

SelfTest virtual_test(std::string_view board, std::optional<int> samples, std::uint64_t seed) {
  auto found = find_virtual_board(board);
  EXPECT_TRUE(found);
  auto set = with_sensor_settings(*found, samples, std::nullopt);
  EXPECT_TRUE(set);
  SelfTestOptions options;
  options.seed = seed;
  options.length = std::chrono::seconds(40);
  auto test = run_virtual_self_test(*set, options);
  EXPECT_TRUE(test) << test.error().to_string();
  return test ? *std::move(test) : SelfTest();
}

TEST(SelfTestPlan, RunsEachSegmentOnceAPassWithPausesThatAreIdle) {
  const Timeline plan = plan_self_test(Instant(), std::chrono::seconds(60), std::nullopt, 1);
  ASSERT_TRUE(validate(plan));
  EXPECT_GT(pass_count(plan), 10);
  std::set<std::int32_t> of_first_pass;
  for (std::size_t i = 0; i < plan.executions.size(); ++i) {
    if (plan.executions[i].pass == 0) of_first_pass.insert(plan.executions[i].segment);
    if (i == 0) continue;
    EXPECT_GT(plan.executions[i].start - plan.executions[i - 1].end, std::chrono::milliseconds(50));
  }
  EXPECT_EQ(of_first_pass.size(), 3U);
}

TEST(SelfTest, TrustsAVirtualBoardBehindTheStockSensor) {
  const SelfTest test = virtual_test("orin-nano", 512, 3);
  EXPECT_TRUE(test.is_virtual);
  EXPECT_EQ(verdict_on(test, "the load is seen"), Verdict::kGood);
  EXPECT_EQ(verdict_on(test, "equal loads"), Verdict::kGood);
  EXPECT_EQ(verdict_on(test, "time constant"), Verdict::kGood);
  EXPECT_EQ(verdict_on(test, "trust"), Verdict::kGood);
  ASSERT_TRUE(test.measured_time_constant);
  EXPECT_NEAR(to_seconds(*test.measured_time_constant), 0.43, 0.1);
  ASSERT_TRUE(test.largest_difference);
  EXPECT_LT(*test.largest_difference, 0.02);
}

TEST(SelfTest, TrustsAVirtualBoardWhoseTotalIsASumOfRails) {
  EXPECT_EQ(verdict_on(virtual_test("agx-orin", 512, 5), "trust"), Verdict::kGood);
}

TEST(SelfTest, TrustsAVirtualBoardOfSingleConversions) {
  const SelfTest test = virtual_test("orin-nano", 1, 5);
  for (const Finding& finding : test.findings) {
    EXPECT_EQ(finding.verdict, Verdict::kGood) << finding.subject << ": " << finding.what;
  }
}

/// A recording of the stock board, to be bent.
struct Recorded {
  PowerTrace total;
  Timeline timeline;
};

/// Power follows the load through a filter of 0.43 s; the third load draws `third` times the
/// others.
Recorded recorded(double third) {
  Recorded made;
  constexpr double kIdle = 4.0;
  constexpr double kLoad = 3.0;
  constexpr double kTimeConstant = 0.43;
  made.timeline = plan_self_test(instant_from_ns(1'000'000'000), std::chrono::seconds(30),
                                 from_seconds(kTimeConstant), 1);
  made.total.rail.name = "VDD_IN";
  SensorModel& model = made.total.rail.model;
  model.period = std::chrono::microseconds(840);
  model.conversion_window = std::chrono::microseconds(140);
  model.averaging = Averaging::kExponential;
  model.average_count = 512;
  model.lsb = Watts(0.04);
  const Duration tick = std::chrono::milliseconds(1);
  double shown = kIdle;
  std::size_t next = 0;
  const Instant end = made.timeline.executions.back().end + std::chrono::seconds(3);
  for (Instant now = instant_from_ns(1'000'000'000); now < end; now += tick) {
    while (next < made.timeline.executions.size() && made.timeline.executions[next].end <= now)
      ++next;
    double power = kIdle;
    if (next < made.timeline.executions.size() && made.timeline.executions[next].start <= now) {
      power += made.timeline.executions[next].segment == 2 ? kLoad * third : kLoad;
    }
    shown += (power - shown) * to_seconds(tick) / kTimeConstant;
    made.total.before.push_back(now);
    made.total.after.push_back(now + std::chrono::microseconds(100));
    made.total.power.push_back(Watts(0.04 * std::round(shown / 0.04)));
  }
  return made;
}

TEST(SelfTest, FindsEqualLoadsEqual) {
  const Recorded made = recorded(1.0);
  EXPECT_EQ(verdict_on(judge_self_test(made.total, made.timeline), "equal loads"), Verdict::kGood);
}

TEST(SelfTest, FindsThatOneOfTheEqualLoadsDrewMore) {
  const Recorded made = recorded(1.2);
  const SelfTest test = judge_self_test(made.total, made.timeline);
  EXPECT_EQ(verdict_on(test, "equal loads"), Verdict::kFault);
  EXPECT_EQ(verdict_on(test, "trust"), Verdict::kFault);
}

TEST(SelfTest, SeesThatASensorIsStuck) {
  Recorded made = recorded(1.0);
  std::ranges::fill(made.total.power, Watts(3.6));
  const SelfTest test = judge_self_test(made.total, made.timeline);
  EXPECT_EQ(verdict_on(test, "the load is seen"), Verdict::kFault);
  EXPECT_EQ(verdict_on(test, "trust"), Verdict::kFault);
}

TEST(SelfTest, SeesThatTheSettingsAreNotTheSensors) {
  Recorded made = recorded(1.0);
  made.total.rail.model.average_count = 64;
  EXPECT_NE(verdict_on(judge_self_test(made.total, made.timeline), "time constant"),
            Verdict::kGood);
}

TEST(KnownFaults, AreThoseOfTheReleaseAndTheModule) {
  Board board;
  EXPECT_TRUE(known_faults(board).empty());
  board.l4t = "32.7.1";
  board.module = "p3448-0000";
  ASSERT_EQ(known_faults(board).size(), 1U);
  EXPECT_THAT(known_faults(board)[0].what, HasSubstr("TensorRT is 8.2"));
  board.l4t = "36.4.3";
  EXPECT_TRUE(known_faults(board).empty());
  board.module = "p3701-0005";
  ASSERT_EQ(known_faults(board).size(), 1U);
  EXPECT_THAT(known_faults(board)[0].what, HasSubstr("VDDQ"));
}

TEST(Verdicts, TheWorstCountsAndNotKnownIsNoFault) {
  EXPECT_EQ(worst({}), Verdict::kNotKnown);
  EXPECT_EQ(worst({{"a", Verdict::kGood, "", ""}, {"b", Verdict::kNotKnown, "", ""}}),
            Verdict::kGood);
  EXPECT_EQ(worst({{"a", Verdict::kFault, "", ""}, {"b", Verdict::kAttention, "", ""}}),
            Verdict::kFault);
}

}  // namespace
}  // namespace layerwatt
