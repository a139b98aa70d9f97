#include "layerwatt/core/power_trace.h"

#include <gtest/gtest.h>

#include <limits>

namespace layerwatt {
namespace {

using std::chrono::milliseconds;

Instant at_ms(std::int64_t ms) { return Instant(milliseconds(ms)); }

/// Samples at 0, 10, 20 … ms, each read in no time.
PowerTrace trace_of(const std::vector<double>& power_w) {
  PowerTrace trace;
  trace.rail.name = "VDD_IN";
  trace.rail.kind = RailKind::kPower;
  for (std::size_t i = 0; i < power_w.size(); ++i) {
    trace.before.push_back(at_ms(10 * static_cast<std::int64_t>(i)));
    trace.power.push_back(watts(power_w[i]));
  }
  trace.after = trace.before;
  return trace;
}

PowerTrace counter_of(const std::vector<double>& energy_j) {
  PowerTrace trace = trace_of(energy_j);
  trace.rail.kind = RailKind::kEnergyCounter;
  trace.power.clear();
  for (const double e : energy_j) trace.energy.push_back(joules(e));
  return trace;
}

double energy(const PowerTrace& trace, Instant from, Instant to) {
  const auto result = integrate(trace, from, to);
  EXPECT_TRUE(result) << result.error().message();
  return result ? result->value() : -1.0;
}

TEST(PowerTrace, TakesTheMiddleOfAReadAsItsTime) {
  PowerTrace trace = trace_of({1.0});
  trace.after[0] += milliseconds(4);
  EXPECT_EQ(trace.when(0), at_ms(2));
}

TEST(ValidateTrace, AcceptsSamplesInOrder) {
  EXPECT_TRUE(validate(trace_of({1.0, 2.0, 1.5})));
  EXPECT_TRUE(validate(counter_of({0.0, 2.0, 2.0})));
  EXPECT_TRUE(validate(PowerTrace{}));
}

TEST(ValidateTrace, RefusesColumnsOfDifferentLength) {
  PowerTrace trace = trace_of({1.0, 2.0});
  trace.power.pop_back();
  EXPECT_FALSE(validate(trace));
  trace = trace_of({1.0, 2.0});
  trace.after.pop_back();
  EXPECT_FALSE(validate(trace));
  trace = trace_of({1.0, 2.0});
  trace.voltage.push_back(volts(5.0));
  EXPECT_FALSE(validate(trace));
  trace = counter_of({1.0, 2.0});
  trace.energy.clear();
  EXPECT_FALSE(validate(trace));
}

TEST(ValidateTrace, NamesTheSampleAtWhichTimeRunsBackwards) {
  PowerTrace trace = trace_of({1.0, 2.0, 3.0});
  trace.before[2] = at_ms(9);
  const auto checked = validate(trace);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message(), "rail VDD_IN: time runs backwards at sample 2");
  trace = trace_of({1.0, 2.0, 3.0});
  trace.after[1] = at_ms(9);
  EXPECT_FALSE(validate(trace));
}

TEST(ValidateTrace, RefusesValuesThatAreNotNumbers) {
  PowerTrace trace = trace_of({1.0, std::numeric_limits<double>::quiet_NaN()});
  ASSERT_FALSE(validate(trace));
  EXPECT_EQ(validate(trace).error().message(),
            "rail VDD_IN: the power of sample 1 is not a number");
}

TEST(ValidateTrace, RefusesACounterThatFalls) {
  const auto checked = validate(counter_of({0.0, 2.0, 1.0}));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message(), "rail VDD_IN: the energy counter falls after sample 1");
}

TEST(Integrate, OfConstantPowerIsPowerTimesTime) {
  const PowerTrace trace = trace_of({2.0, 2.0, 2.0, 2.0});
  EXPECT_DOUBLE_EQ(energy(trace, at_ms(0), at_ms(30)), 0.06);
  EXPECT_DOUBLE_EQ(energy(trace, at_ms(3), at_ms(4)), 0.002);
  EXPECT_DOUBLE_EQ(energy(trace, at_ms(20), at_ms(20)), 0.0);
}

TEST(Integrate, OfARampIsExact) {
  // p(t) = t / 10 ms watts; the integral from 5 to 25 ms is (25² − 5²) / 20 mJ.
  const PowerTrace trace = trace_of({0.0, 1.0, 2.0, 3.0});
  EXPECT_NEAR(energy(trace, at_ms(5), at_ms(25)), 0.030, 1e-12);
}

TEST(Integrate, AddsUpOverAdjacentIntervals) {
  const PowerTrace trace = trace_of({1.0, 5.0, 2.0, 7.0, 3.0});
  double parts = 0.0;
  for (int ms = 0; ms < 40; ms += 4) parts += energy(trace, at_ms(ms), at_ms(ms + 4));
  EXPECT_NEAR(parts, energy(trace, at_ms(0), at_ms(40)), 1e-12);
}

TEST(Integrate, DifferencesACounter) {
  const PowerTrace trace = counter_of({0.0, 0.02, 0.06});
  EXPECT_NEAR(energy(trace, at_ms(0), at_ms(20)), 0.06, 1e-12);
  EXPECT_NEAR(energy(trace, at_ms(5), at_ms(15)), 0.03, 1e-12);
}

TEST(Integrate, SurvivesSamplesAtTheSameInstant) {
  PowerTrace trace = trace_of({1.0, 1.0, 1.0, 1.0});
  trace.before[2] = trace.after[2] = trace.before[1];
  EXPECT_NEAR(energy(trace, at_ms(0), at_ms(30)), 0.03, 1e-12);
}

TEST(Integrate, RefusesWhatTheTraceDoesNotCover) {
  const PowerTrace trace = trace_of({1.0, 1.0, 1.0});
  for (const auto& [from, to] : {std::pair(-1, 10), std::pair(0, 21), std::pair(30, 40)}) {
    const auto result = integrate(trace, at_ms(from), at_ms(to));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kUnknowable);
  }
  EXPECT_FALSE(integrate(trace_of({1.0}), at_ms(0), at_ms(0)));
  EXPECT_FALSE(integrate(PowerTrace{}, at_ms(0), at_ms(0)));
}

TEST(Integrate, RefusesAnIntervalThatEndsBeforeItBegins) {
  const auto result = integrate(trace_of({1.0, 1.0}), at_ms(5), at_ms(4));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
}

TEST(SumRails, AddsSampleBySample) {
  PowerTrace gpu = trace_of({1.0, 2.0});
  PowerTrace cpu = trace_of({0.5, 0.25});
  for (Instant& t : cpu.after) t += milliseconds(1);
  Rail total;
  total.name = "total";
  const auto sum = sum_rails({gpu, cpu}, total);
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->rail.name, "total");
  EXPECT_EQ(sum->power, (std::vector<Watts>{watts(1.5), watts(2.25)}));
  EXPECT_EQ(sum->before, gpu.before);
  EXPECT_EQ(sum->after, cpu.after);
  EXPECT_FALSE(sum->rail.is_virtual);
  ASSERT_EQ(sum->parts.size(), 2U);
  EXPECT_EQ(sum->parts.front().power, gpu.power);
  EXPECT_EQ(sum->parts.back().power, cpu.power);
  EXPECT_TRUE(sum_rails({gpu}, total)->parts.empty());
}

TEST(SumRails, IsVirtualIfOneRailIs) {
  PowerTrace gpu = trace_of({1.0});
  PowerTrace cpu = trace_of({1.0});
  cpu.rail.is_virtual = true;
  EXPECT_TRUE(sum_rails({gpu, cpu}, Rail{})->rail.is_virtual);
}

TEST(SumRails, RefusesRailsThatWereNotSampledTogether) {
  EXPECT_FALSE(sum_rails({}, Rail{}));
  EXPECT_FALSE(sum_rails({trace_of({1.0}), trace_of({1.0, 2.0})}, Rail{}));
  EXPECT_FALSE(sum_rails({counter_of({1.0}), counter_of({1.0, 2.0})}, Rail{}));
}

TEST(SumRails, AddsEnergyCountersToOne) {
  PowerTrace package = counter_of({0.0, 2.0, 4.5});
  package.rail.counter_range = joules(100.0);
  package.rail.model.period = milliseconds(1);
  // Its first readings failed: it does not begin at 0.
  PowerTrace memory = counter_of({0.5, 0.75, 1.5});
  memory.rail.model.period = milliseconds(1);
  for (Instant& t : memory.after) t += milliseconds(1);
  const auto sum = sum_rails({package, memory}, package.rail);
  ASSERT_TRUE(sum) << sum.error().to_string();
  EXPECT_EQ(sum->rail.kind, RailKind::kEnergyCounter);
  EXPECT_FALSE(sum->rail.counter_range);
  EXPECT_EQ(sum->energy, (std::vector<Joules>{joules(0.0), joules(2.25), joules(5.5)}));
  EXPECT_TRUE(sum->power.empty());
  EXPECT_EQ(sum->after, memory.after);
  EXPECT_TRUE(validate(*sum));
}

TEST(SumRails, RefusesWhatCannotBeAddedReadingByReading) {
  PowerTrace package = counter_of({0.0, 1.0});
  package.rail.name = "package-0";
  const auto mixed = sum_rails({trace_of({1.0, 2.0}), package}, Rail{});
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(mixed.error().message(),
            "rail package-0 counts energy, rail VDD_IN shows power: they cannot be added up "
            "reading by reading; choose rails of one kind with --rail");
  PowerTrace slow = package;
  slow.rail.name = "GPU 0";
  slow.rail.model.period = milliseconds(100);
  package.rail.model.period = milliseconds(1);
  const auto unlike = sum_rails({package, slow}, Rail{});
  ASSERT_FALSE(unlike);
  EXPECT_EQ(unlike.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(unlike.error().message().find("package-0 is renewed every 1 ms, GPU 0 every 100 ms"),
            std::string::npos);
}

}  // namespace
}  // namespace layerwatt
