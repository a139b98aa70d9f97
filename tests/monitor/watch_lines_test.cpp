#include "monitor/watch/watch_lines.h"

#include <gmock/gmock.h>

#include <sstream>

#include "core/json.h"
#include "monitor/watched_frame.h"

namespace layerwatt {
namespace {

using testing::watched_frame;

TEST(WatchLines, AreForPeople) {
  std::ostringstream out;
  write_line(watched_frame(), out);
  EXPECT_EQ(out.str(),
            "75.0 s  4.60 W  345.0 J   VDD_IN 4.60 W, VDD_SOC 1.25 W  alexnet 409 mJ an inference  "
            "(virtual)\n");
}

TEST(WatchLines, SayWhatCannotBeRead) {
  WatchFrame frame = watched_frame();
  frame.total.reset();
  frame.measurement.reset();
  frame.rails[1].power.reset();
  std::ostringstream out;
  write_line(frame, out);
  EXPECT_EQ(out.str(), "75.0 s  VDD_IN 4.60 W, VDD_SOC - W  (virtual)\n");
}

TEST(WatchLines, AreAnObjectEachAsJson) {
  std::ostringstream out;
  write_json_line(watched_frame(), out);
  const std::string line = out.str();
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  const auto json = parse_json(line);
  ASSERT_TRUE(json) << json.error().message();
  EXPECT_TRUE((*json)["virtual"].GetBool());
  EXPECT_EQ((*json)["total"]["watts"].GetDouble(), 4.6);
  EXPECT_TRUE((*json)["total"]["volts"].IsNull());
  EXPECT_EQ((*json)["rails"][1]["name"], "VDD_SOC");
  EXPECT_EQ((*json)["measurement"]["joules_per_inference"].GetDouble(), 0.4089);
  EXPECT_EQ((*json)["temperatures_celsius"]["gpu-thermal"].GetDouble(), 44.0);
}

TEST(WatchLines, AreRowsBelowAHeaderAsCsv) {
  WatchFrame frame = watched_frame();
  frame.rails.resize(1);
  frame.rails[0].name = "a \"rail\"";
  frame.rails[0].current.reset();
  std::ostringstream out;
  write_csv_header(frame, out);
  write_csv_row(frame, out);
  EXPECT_EQ(out.str(),
            "unix_seconds,\"virtual total [W]\",\"virtual total [V]\",\"virtual total [A]\","
            "\"virtual total [J]\",\"virtual a \"\"rail\"\" [W]\",\"virtual a \"\"rail\"\" [V]\","
            "\"virtual a \"\"rail\"\" [A]\",\"virtual a \"\"rail\"\" [J]\"\n"
            "1700000000.250,4.600000,,,345.000000,4.600000,5.000000,,345.000000\n");
}

}  // namespace
}  // namespace layerwatt
