#include "layerwatt/core/local_time.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

LocalTime stamp(std::string_view text) {
  const auto parsed = parse_local_stamp(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(LocalTime{});
}

TEST(ParseLocalStamp, CountsFrom1970) {
  EXPECT_EQ(to_ns(stamp("19700101-00:00:00")), 0);
  // date -u -d '2024-11-21 05:20:04' +%s
  EXPECT_EQ(to_ns(stamp("20241121-05:20:04.261448")), 1732166404261448000);
}

TEST(ParseLocalStamp, TakesOneToNineDigitsOfFraction) {
  const LocalTime whole = stamp("20241121-05:20:04");
  EXPECT_EQ(stamp("20241121-05:20:04.5") - whole, Duration(500'000'000));
  EXPECT_EQ(stamp("20241121-05:20:04.000001") - whole, Duration(1000));
  EXPECT_EQ(stamp("20241121-05:20:04.123456789") - whole, Duration(123'456'789));
}

TEST(ParseLocalStamp, KnowsTheCalendar) {
  EXPECT_EQ(stamp("20240301-00:00:00") - stamp("20240229-00:00:00"), hours(24));
  EXPECT_EQ(stamp("20250101-00:00:00") - stamp("20241231-23:59:59"), seconds(1));
  EXPECT_EQ(stamp("19691231-23:59:59") - stamp("19700101-00:00:00"), -seconds(1));
}

TEST(ParseLocalStamp, TakesALeapSecondAsTheNextMinute) {
  EXPECT_EQ(stamp("20161231-23:59:60"), stamp("20170101-00:00:00"));
}

TEST(ParseLocalStamp, RefusesWhatIsNoMoment) {
  for (const char* text : {"",
                           "20241121",
                           "20241121-05:20",
                           "20241121-05:20:04.",
                           "20241121-05:20:04.1234567890",
                           "20241121-05:20:04,261448",
                           "20241121 05:20:04",
                           "2024-11-21-05:20:04",
                           "20241121-5:20:04",
                           "20240230-00:00:00",
                           "20230229-00:00:00",
                           "20241301-00:00:00",
                           "20240001-00:00:00",
                           "20241121-24:00:00",
                           "20241121-05:60:00",
                           "20241121-05:20:61",
                           "20241121-05:20:04.26144x",
                           "20241121-05:20:04.261448 ",
                           " 20241121-05:20:04",
                           "+0241121-05:20:04",
                           "00000101-00:00:00",
                           "99991231-23:59:59",
                           "20241121-05:20:04.-1"}) {
    EXPECT_FALSE(parse_local_stamp(text)) << '"' << text << '"';
  }
}

TEST(FormatLocalStamp, IsTheInverseOfParsing) {
  for (const char* text : {"20241121-05:20:04.261448", "19700101-00:00:00.000000",
                           "20240229-23:59:59.999999", "19691231-23:59:59.999999"}) {
    EXPECT_EQ(format_local_stamp(stamp(text)), text);
  }
}

TEST(FormatLocalStamp, RoundsDown) {
  EXPECT_EQ(format_local_stamp(stamp("20241121-05:20:04.999999999")), "20241121-05:20:04.999999");
  EXPECT_EQ(format_local_stamp(local_time_from_ns(-1)), "19691231-23:59:59.999999");
}

TEST(WriteLocalStamp, WritesNoMoreThanItsLength) {
  std::string out(kLocalStampLength + 1, '#');
  write_local_stamp(local_time_from_ns(0), out.data());
  EXPECT_EQ(out, "19700101-00:00:00.000000#");
}

TEST(FormatLocalSecond, IsThePublishedTimestamp) {
  EXPECT_EQ(format_local_second(stamp("20241121-05:17:43.9")), "20241121-051743");
}

TEST(FormatIso8601, CarriesTheOffset) {
  const LocalTime t = stamp("20241121-05:20:04.261448");
  EXPECT_EQ(format_iso8601(t, hours(1)), "2024-11-21T05:20:04.261448+01:00");
  EXPECT_EQ(format_iso8601(t, -(hours(3) + minutes(30))), "2024-11-21T05:20:04.261448-03:30");
  EXPECT_EQ(format_iso8601(t, Duration(0)), "2024-11-21T05:20:04.261448+00:00");
}

}  // namespace
}  // namespace layerwatt
