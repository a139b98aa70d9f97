#include "layerwatt/report/trace_file.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/json.h"

namespace layerwatt {
namespace {

Instant at_us(double us) { return Instant(Duration(static_cast<std::int64_t>(us * 1000.0))); }

/// Two passes of two layers, 30.001 µs and 12.5 µs long, with a gap between passes.
Report small_report() {
  Report report;
  report.title = "lenet";
  Timeline timeline;
  timeline.layers.resize(2);
  timeline.layers[0].name =
      "</script> \"conv\" \xE2\x80\xAE"
      "evil";
  timeline.layers[1].name = std::string(4000, 'n');
  for (int pass = 0; pass < 2; ++pass) {
    const double begin = 1e6 + pass * 100.0;
    timeline.executions.push_back({kWholePass, pass, 0, 0, at_us(begin), at_us(begin + 45.0)});
    timeline.executions.push_back({0, pass, 0, 0, at_us(begin), at_us(begin + 30.001)});
    timeline.executions.push_back({1, pass, 0, 0, at_us(begin + 30.001), at_us(begin + 42.501)});
  }
  report.timeline = timeline;
  return report;
}

PowerTrace rail_of(std::size_t count) {
  PowerTrace rail;
  rail.rail.name = "VDD_IN";
  for (std::size_t i = 0; i < count; ++i) {
    rail.before.push_back(at_us(999'990.0 + static_cast<double>(i) * 10.0));
    rail.after.push_back(rail.before.back());
    rail.power.push_back(watts(2.0));
    rail.voltage.push_back(volts(5.0));
    rail.current.push_back(amperes(0.4));
  }
  return rail;
}

std::string trace_text(const Report& report, const std::vector<PowerTrace>& rails,
                       const std::vector<TraceCounter>& counters = {}) {
  std::ostringstream out;
  const auto written = write_trace_file(out, report, rails, counters);
  EXPECT_TRUE(written);
  return out.str();
}

TEST(TraceFile, SlicesAreTheTimelineToTheNanosecond) {
  const auto trace = parse_json(trace_text(small_report(), {rail_of(20)}));
  ASSERT_TRUE(trace) << trace.error().to_string();
  std::vector<std::pair<double, double>> layers;
  for (const auto& event : (*trace)["traceEvents"].GetArray()) {
    if (std::string(event["ph"].GetString()) != "X" || event["tid"].GetInt() != 2) continue;
    layers.emplace_back(event["ts"].GetDouble(), event["dur"].GetDouble());
  }
  // The first sample comes 10 µs before the first layer.
  const std::vector<std::pair<double, double>> expected{
      {10.0, 30.001}, {40.001, 12.5}, {110.0, 30.001}, {140.001, 12.5}};
  EXPECT_EQ(layers, expected);
}

TEST(TraceFile, EachRailHasCountersOfPowerVoltageAndCurrent) {
  const auto trace = parse_json(trace_text(small_report(), {rail_of(20)}));
  ASSERT_TRUE(trace) << trace.error().to_string();
  std::map<std::string, int> counters;
  for (const auto& event : (*trace)["traceEvents"].GetArray()) {
    if (std::string(event["ph"].GetString()) == "C") ++counters[event["name"].GetString()];
  }
  EXPECT_EQ(counters, (std::map<std::string, int>{
                          {"VDD_IN power", 20}, {"VDD_IN voltage", 20}, {"VDD_IN current", 20}}));
}

TEST(TraceFile, LongRecordingsAreThinnedAndSayWhatIsMissing) {
  const auto trace = parse_json(trace_text(small_report(), {rail_of(250'000)}));
  ASSERT_TRUE(trace) << trace.error().to_string();
  EXPECT_LT((*trace)["traceEvents"].Size(), 3U * 100'000U);
  EXPECT_NE(std::string((*trace)["otherData"]["thinned"].GetString()).find("means of 3"),
            std::string::npos);
}

TEST(TraceFile, TemperaturesAndClocksAreCountersToo) {
  const auto trace =
      parse_json(trace_text(small_report(), {}, {{"gpu temperature", "°C", {{at_us(1e6), 41.5}}}}));
  ASSERT_TRUE(trace) << trace.error().to_string();
  bool found = false;
  for (const auto& event : (*trace)["traceEvents"].GetArray()) {
    found = found || (std::string(event["name"].GetString()) == "gpu temperature" &&
                      event["args"]["°C"].GetDouble() == 41.5);
  }
  EXPECT_TRUE(found);
}

TEST(TraceFile, AVirtualRunSaysSo) {
  Report report = small_report();
  report.profile.is_virtual = true;
  EXPECT_NE(trace_text(report, {}).find("virtual"), std::string::npos);
}

TEST(TraceFile, BlocksOfAScheduleHaveATrackOfTheirOwn) {
  Report report = small_report();
  report.timeline->schedule = Schedule::kWeighing;
  for (std::size_t i = 3; i < 6; ++i) report.timeline->executions[i].block = 1;
  const auto trace = parse_json(trace_text(report, {}));
  ASSERT_TRUE(trace) << trace.error().to_string();
  int blocks = 0;
  for (const auto& event : (*trace)["traceEvents"].GetArray()) {
    if (std::string(event["ph"].GetString()) == "X" && event["tid"].GetInt() == 3) ++blocks;
  }
  EXPECT_EQ(blocks, 2);
}

}  // namespace
}  // namespace layerwatt
