#include "layerwatt/report/report_page.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/json.h"
#include "report/html/page_template.h"
#include "report/html/report_data.h"

namespace layerwatt {
namespace {

Report small_report() {
  Report report;
  report.title = "a <b> & \"c\"";
  LayerProfileRow row;
  row.layer.name = "</script><script>alert(1)</script>\n\"quoted\" \xF0\x9F\x98\x80 \xFF";
  row.layer.type = "Conv";
  row.run_time = {3, std::chrono::microseconds(100), std::chrono::microseconds(110),
                  std::chrono::microseconds(130)};
  row.power = Estimate<Watts>{watts(2.0), watts(1.9), watts(2.1)};
  row.status = LayerStatus::kResolved;
  report.profile.rows.push_back(row);
  row.layer.name = "unknown";
  row.power.reset();
  row.status = LayerStatus::kUnresolved;
  row.reason = "no sample";
  report.profile.rows.push_back(row);
  PowerTrace trace;
  for (int i = 0; i < 10; ++i) {
    const Instant t = instant_from_ns(1'000'000'000LL + i * 1'000'000);
    trace.before.push_back(t);
    trace.after.push_back(t);
    trace.power.push_back(watts(2.0));
  }
  report.trace = trace;
  return report;
}

TEST(ReportData, NamesCannotEndTheScriptAndReadBackAsTheyWere) {
  std::ostringstream out;
  write_report_data(out, small_report());
  const std::string text = out.str();
  EXPECT_EQ(text.find('<'), std::string::npos);
  const auto data = parse_json(text);
  ASSERT_TRUE(data) << data.error().to_string();
  const std::string name = (*data)["layers"][0]["name"].GetString();
  EXPECT_EQ(name.substr(0, 9), "</script>");
  EXPECT_NE(name.find('\n'), std::string::npos);
}

TEST(ReportData, WhatIsNotKnownIsNull) {
  std::ostringstream out;
  write_report_data(out, small_report());
  const auto data = parse_json(out.str());
  ASSERT_TRUE(data) << data.error().to_string();
  EXPECT_TRUE((*data)["layers"][1]["power"].IsNull());
  EXPECT_EQ((*data)["layers"][0]["power"]["low"].GetDouble(), 1.9);
  EXPECT_TRUE((*data)["headline"]["pass_energy"].IsNull());
  EXPECT_EQ((*data)["headline"]["unresolved_share"].GetDouble(), 0.5);
}

TEST(ReportData, WithoutATraceThereIsNoChartOfPower) {
  Report report = small_report();
  report.trace.reset();
  std::ostringstream out;
  write_report_data(out, report);
  const auto data = parse_json(out.str());
  ASSERT_TRUE(data) << data.error().to_string();
  EXPECT_TRUE((*data)["trace"].IsNull());
}

TEST(ReportPage, TitleAndDataStandInThePageAndNoMarkIsLeft) {
  std::ostringstream out;
  const auto written = write_report_page(out, small_report());
  if (page_template().empty()) {
    ASSERT_FALSE(written);
    EXPECT_NE(written.error().message().find("npm"), std::string::npos);
    return;
  }
  ASSERT_TRUE(written) << written.error().to_string();
  const std::string page = out.str();
  EXPECT_NE(page.find("<title>a &lt;b&gt; &amp; \"c\"</title>"), std::string::npos);
  EXPECT_EQ(page.find("@LAYERWATT_"), std::string::npos);
  EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
