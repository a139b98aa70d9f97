#include "monitor/exposition/text_format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "monitor/exposition/metric_table.h"

namespace layerwatt {
namespace {

std::string written(const MetricSet& metrics, TextFormat format) {
  std::string text;
  write_metrics(metrics.families(), format, text);
  return text;
}

TEST(TextFormat, WritesACounterAsEachFormatNamesIt) {
  MetricSet metrics(false);
  metrics.add(Metric::kRailEnergy, 12.5, {{"rail", "VDD_IN"}});
  metrics.created(Metric::kRailEnergy, 1000.25);
  const std::string help =
      "Energy through a rail, integrated at the sensor's rate, or its own counter";
  EXPECT_EQ(written(metrics, TextFormat::kPrometheus),
            "# HELP layerwatt_rail_energy_joules_total " + help +
                "\n# TYPE layerwatt_rail_energy_joules_total counter\n"
                "layerwatt_rail_energy_joules_total{rail=\"VDD_IN\"} 12.5\n");
  EXPECT_EQ(written(metrics, TextFormat::kOpenMetrics),
            "# HELP layerwatt_rail_energy_joules " + help +
                "\n# TYPE layerwatt_rail_energy_joules counter\n"
                "# UNIT layerwatt_rail_energy_joules joules\n"
                "layerwatt_rail_energy_joules_total{rail=\"VDD_IN\"} 12.5\n"
                "layerwatt_rail_energy_joules_created{rail=\"VDD_IN\"} 1000.25\n# EOF\n");
}

TEST(TextFormat, WritesAnInfoAsAGaugeWhereTheFormatHasNone) {
  MetricSet metrics(false);
  metrics.add(Metric::kBuildInfo, 1.0, {{"version", "1"}});
  EXPECT_NE(
      written(metrics, TextFormat::kPrometheus)
          .find("# TYPE layerwatt_build_info gauge\nlayerwatt_build_info{version=\"1\"} 1.0\n"),
      std::string::npos);
  EXPECT_NE(written(metrics, TextFormat::kOpenMetrics)
                .find("# TYPE layerwatt_build info\nlayerwatt_build_info{version=\"1\"} 1.0\n"),
            std::string::npos);
}

TEST(TextFormat, EscapesLabelsOfAnyBytes) {
  MetricSet metrics(false);
  metrics.add(Metric::kRailPower, 1.0, {{"rail", "a\"b\\c\nd\xFFü"}});
  EXPECT_NE(written(metrics, TextFormat::kPrometheus)
                .find("{rail=\"a\\\"b\\\\c\\nd\xEF\xBF\xBDü\"} 1.0\n"),
            std::string::npos);
}

TEST(TextFormat, LeavesOutWhatIsNoNumber) {
  MetricSet metrics(false);
  metrics.add(Metric::kRailPower, std::nan(""), {{"rail", "a"}});
  metrics.add(Metric::kRailPower, HUGE_VAL, {{"rail", "b"}});
  EXPECT_EQ(written(metrics, TextFormat::kPrometheus), "");
  EXPECT_EQ(written(metrics, TextFormat::kOpenMetrics), "# EOF\n");
}

TEST(TextFormat, MarksEverySeriesOfAVirtualBoard) {
  MetricSet metrics(true);
  metrics.add(Metric::kBoardPower, 5.0);
  metrics.add(Metric::kRailPower, 5.0, {{"rail", "VDD_IN"}});
  const std::string text = written(metrics, TextFormat::kPrometheus);
  EXPECT_NE(text.find("layerwatt_board_power_watts{virtual=\"true\"} 5.0\n"), std::string::npos);
  EXPECT_NE(text.find("{rail=\"VDD_IN\",virtual=\"true\"} 5.0\n"), std::string::npos);
}

TEST(TextFormat, IsWhatTheClientAskedFor) {
  const auto open = TextFormat::kOpenMetrics;
  const auto plain = TextFormat::kPrometheus;
  EXPECT_EQ(negotiate_format(""), plain);
  EXPECT_EQ(negotiate_format("*/*"), plain);
  EXPECT_EQ(negotiate_format("text/html, */*;q=0.1"), plain);
  EXPECT_EQ(negotiate_format("application/openmetrics-text"), open);
  EXPECT_EQ(negotiate_format("Application/OpenMetrics-Text; Version=1.0.0"), open);
  EXPECT_EQ(negotiate_format("application/openmetrics-text;version=2.0.0"), plain);
  // Prometheus 2.42 and 2.53.
  EXPECT_EQ(negotiate_format("application/openmetrics-text;version=1.0.0,application/openmetrics-"
                             "text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            open);
  EXPECT_EQ(negotiate_format("application/openmetrics-text;q=0.2,text/plain;q=0.9"), plain);
  EXPECT_EQ(negotiate_format(";;q=,=,;;,"), plain);
}

TEST(MetricTable, NamesEachMetricOnceByItsUnit) {
  std::set<std::string> names;
  for (const MetricDescription& row : metric_table()) {
    EXPECT_TRUE(names.insert(std::string(row.family)).second) << row.family;
    EXPECT_FALSE(row.help.empty()) << row.family;
    EXPECT_FALSE(row.family.ends_with("_total")) << row.family;
    if (!row.unit.empty()) {
      EXPECT_TRUE(row.family.ends_with("_" + std::string(row.unit))) << row.family;
    }
  }
}

}  // namespace
}  // namespace layerwatt
