#include "layerwatt/dataset/foreign_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layerwatt/core/local_time.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

Result<ForeignLog> read(const std::string& text, const std::string& columns = "",
                        const std::string& begin = "") {
  ForeignLogOptions options;
  if (!columns.empty()) {
    auto parsed = parse_log_columns(columns);
    if (!parsed) return std::move(parsed).error();
    options.columns = *parsed;
  }
  if (!begin.empty()) options.begin = parse_local_stamp(begin);
  std::istringstream in(text);
  return read_foreign_log(in, options);
}

double watts_of(const ForeignLog& log, std::size_t i) { return 1e-6 * log.log.microwatts(i); }

TEST(ForeignLog, ReadsWhatJtopsLoggerWrites) {
  const auto log = read(
      "time,uptime,CPU1,RAM,Temp cpu,Power VDD_CPU_GPU_CV,Power TOT,jetson_clocks,nvp model\r\n"
      "2025-01-28 13:37:00.250000,\"1 day, 2:00:00\",5,0.4,47.1,480,3617,OFF,15W\r\n"
      "2025-01-28 13:37:01,\"1 day, 2:00:01\",OFF,0.4,47.1,480,4100,OFF,15W\r\n");
  ASSERT_TRUE(log) << log.error().to_string();
  ASSERT_EQ(log->log.size(), 2U);
  EXPECT_EQ(format_local_stamp(log->log.time[0]), "20250128-13:37:00.250000");
  EXPECT_NEAR(watts_of(*log, 0), 3.617, 1e-9);
  EXPECT_NEAR(watts_of(*log, 1), 4.1, 1e-9);
  EXPECT_THAT(log->notes, Contains(HasSubstr("jtop")));
  const auto older = read("time,GPU,power cur,power avg\n2019-05-01 00:00:00.5,3,5200,5100\n");
  ASSERT_TRUE(older) << older.error().to_string();
  EXPECT_NEAR(watts_of(*older, 0), 5.2, 1e-9);
}

TEST(ForeignLog, ReadsNvidiaSmiWithAndWithoutUnitsAndSkipsWhatIsNotAvailable) {
  const auto log = read(
      "timestamp, index, utilization.gpu [%], power.draw [W]\n"
      "2026/09/23 20:00:00.100, 0, 80 %, 100.25 W\n"
      "2026/09/23 20:00:00.200, 0, 80 %, [N/A]\n"
      "2026/09/23 20:00:00.300, 0, 80 %, 110\n"
      "2026/09/23 20:00:00.400, 0, 80");
  ASSERT_TRUE(log) << log.error().to_string();
  ASSERT_EQ(log->log.size(), 2U);
  EXPECT_NEAR(watts_of(*log, 0), 100.25, 1e-9);
  EXPECT_NEAR(watts_of(*log, 1), 110.0, 1e-9);
  EXPECT_THAT(log->notes,
              Contains(HasSubstr("2 lines of the power log without a time or a number")));
}

TEST(ForeignLog, OfSeveralCardsOneMustBeChosen) {
  const std::string two =
      "timestamp, index, power.draw [W]\n2026/09/23 20:00:00.1, 0, 100 W\n"
      "2026/09/23 20:00:00.1, 1, 50 W\n";
  const auto both = read(two);
  ASSERT_FALSE(both);
  EXPECT_THAT(both.error().message(), HasSubstr("--columns only=index:0"));
  const auto second = read(two, "only=index:1");
  ASSERT_TRUE(second) << second.error().to_string();
  EXPECT_NEAR(watts_of(*second, 0), 50.0, 1e-9);
}

TEST(ForeignLog, ReadsJoulescopeFromTheTimeAtWhichItBegan) {
  const std::string text =
      "#time,current,voltage,power,charge,energy\n0.0,0.399422,4.74572,1.89553,0,0\n"
      "0.5,0.400691,4.74479,1.90114,0.200345,0.950568\n";
  const auto without = read(text);
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message(), HasSubstr("--power-begin"));
  const auto log = read(text, "", "20250128-13:37:00.5");
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(format_local_stamp(log->log.time[1]), "20250128-13:37:01.000000");
  EXPECT_NEAR(watts_of(*log, 1), 1.90114, 1e-9);
}

TEST(ForeignLog, ReadsPowerSensor3AndPassesOverItsMarkers) {
  const auto log = read(
      "marker time dt_micro device_timestamp current0 voltage0 power0 power_total\n"
      "S 0.00005 50 17 0.5 12.01 6.005 6.005\nM A\nS 0.0001 50 67 0.6 12 7.2 7.2\n",
      "", "20250128-13:37:00");
  ASSERT_TRUE(log) << log.error().to_string();
  ASSERT_EQ(log->log.size(), 2U);
  EXPECT_NEAR(watts_of(*log, 1), 7.2, 1e-9);
  EXPECT_EQ(log->notes.size(), 1U);
}

TEST(ForeignLog, TakesColumnsByNameOrNumberWithTheirUnits) {
  const auto named = read("t;U;I;x\n1000;5.0;712;a\n1500;5.0;800;b\n",
                          "time=t:ms,voltage=U:V,current=I:mA", "20250128-13:37:00");
  ASSERT_TRUE(named) << named.error().to_string();
  EXPECT_EQ(format_local_stamp(named->log.time[1]), "20250128-13:37:01.500000");
  EXPECT_NEAR(named->log.millivolts[0], 5000.0, 1e-9);
  EXPECT_NEAR(named->log.milliamperes[1], 800.0, 1e-9);
  const auto numbered = read("2025-01-28T13:37:00.5+01:00,9,3500\n2025-01-28T13:37:01Z,9,3600\n",
                             "time=#1:stamp,power=#3:mW");
  ASSERT_TRUE(numbered) << numbered.error().to_string();
  ASSERT_EQ(numbered->log.size(), 2U);
  EXPECT_EQ(format_local_stamp(numbered->log.time[0]), "20250128-13:37:00.500000");
  const auto unix_time =
      read("epoch,p\n1738071506.5,2\n1738071507.5,3\n", "time=epoch:unix,power=p:W");
  ASSERT_TRUE(unix_time) << unix_time.error().to_string();
  EXPECT_EQ(unix_time->log.time[1] - unix_time->log.time[0], std::chrono::seconds(1));
}

TEST(ForeignLog, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(read("a,b\n1,2\n").error().message(), HasSubstr("--columns"));
  EXPECT_THAT(read("time,p\n1,2\n", "time=tme:s,power=p:W").error().message(),
              HasSubstr("did you mean 'time'?"));
  EXPECT_THAT(read("time,p\n1,2\n", "time=time:s,power=#9:W").error().message(),
              HasSubstr("there is no column #9"));
  EXPECT_THAT(read("t,p\nx,y\n", "time=t:unix,power=p:W").error().message(),
              HasSubstr("as line 2: 'x,y'"));
  EXPECT_THAT(read("t,p\n10,1\n3,1\n", "time=t:unix,power=p:W").error().message(),
              HasSubstr("line 3"));
  EXPECT_FALSE(read(""));
  EXPECT_THAT(parse_log_columns("time=t").error().message(), HasSubstr("what=column:unit"));
  EXPECT_THAT(parse_log_columns("time=t:h,power=p:W").error().message(), HasSubstr("unit of time"));
  EXPECT_THAT(parse_log_columns("time=t:s,power=p:V").error().message(),
              HasSubstr("unit of power"));
  EXPECT_THAT(parse_log_columns("time=t:s").error().message(), HasSubstr("a column of power"));
  EXPECT_THAT(parse_log_columns("time=t:s,volts=v:V").error().message(), HasSubstr("voltage"));
}

TEST(ForeignLog, ThePublishedFormIsReadAsItIs) {
  const TemporaryFolder folder;
  const auto path = folder.write("p.log", "20250128-13:37:00.000000,5000,712\n");
  const auto log = read_any_power_log(path, {});
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_TRUE(log->notes.empty());
  EXPECT_EQ(log->log.millivolts[0], 5000.0);
  const auto missing = read_any_power_log(folder.path() / "none.csv", {});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().to_string(), HasSubstr("none.csv"));
}

}  // namespace
}  // namespace layerwatt
