#include "monitor/serve/exporter.h"

#include <gmock/gmock.h>

#include "monitor/fake_board.h"

namespace layerwatt {
namespace {

using testing::FakeBoard;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::wait_until;

class ExporterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    BoardMonitorOptions options;
    options.period = std::chrono::milliseconds(1);
    auto monitor = BoardMonitor::start(board_.open(), options);
    ASSERT_TRUE(monitor);
    monitor_ = *std::move(monitor);
    ASSERT_TRUE(wait_until([&] { return monitor_->read().rails[0].readings > 2; }));
    exporter_.emplace(*monitor_, ExporterOptions());
  }

  FakeBoard board_{{"VDD_IN", "odd \"rail\"\n"}};
  std::unique_ptr<BoardMonitor> monitor_;
  std::optional<Exporter> exporter_;
};

TEST_F(ExporterTest, AnswersWithMetrics) {
  const HttpAnswer answer = exporter_->answer({"GET", "/metrics", ""});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("\njetson_power_total_watts 5.0\n"));
  EXPECT_THAT(answer.body, HasSubstr("\nlayerwatt_rail_power_watts{rail=\"VDD_IN\"} 5.0\n"));
  EXPECT_THAT(answer.body, HasSubstr("{rail=\"odd \\\"rail\\\"\\n\"} 5.0\n"));
  EXPECT_THAT(answer.body, HasSubstr("\nlayerwatt_board_energy_joules_total "));
  EXPECT_THAT(answer.body, HasSubstr("\nprocess_cpu_seconds_total "));
  EXPECT_THAT(answer.body, Not(HasSubstr("virtual=")));
}

TEST_F(ExporterTest, AnswersInOpenMetricsWhereAsked) {
  const HttpAnswer answer =
      exporter_->answer({"GET", "/metrics", "application/openmetrics-text; version=1.0.0"});
  EXPECT_EQ(answer.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("\nlayerwatt_board_energy_joules_created "));
  EXPECT_TRUE(answer.body.ends_with("# EOF\n"));
}

TEST_F(ExporterTest, SaysWhetherTheBoardIsRead) {
  EXPECT_EQ(exporter_->answer({"GET", "/-/healthy", ""}).status, 200U);
  board_.gone = true;
  ASSERT_TRUE(wait_until([&] { return monitor_->read().rails[1].gone == 1; }));
  EXPECT_EQ(exporter_->answer({"GET", "/-/healthy", ""}).status, 503U);
  const std::string body = exporter_->answer({"GET", "/metrics", ""}).body;
  EXPECT_THAT(body, Not(HasSubstr("\njetson_power_total_watts ")));
  EXPECT_THAT(body, HasSubstr("\nlayerwatt_rail_up{rail=\"VDD_IN\"} 0.0\n"));
  EXPECT_THAT(body,
              HasSubstr("\nlayerwatt_read_errors_total{rail=\"VDD_IN\",reason=\"gone\"} 1.0\n"));
}

TEST_F(ExporterTest, RefusesWhatItDoesNotHave) {
  EXPECT_EQ(exporter_->answer({"GET", "/favicon.ico", ""}).status, 404U);
  EXPECT_EQ(exporter_->answer({"GET", "/metrics/", ""}).status, 404U);
  const HttpAnswer post = exporter_->answer({"POST", "/metrics", ""});
  EXPECT_EQ(post.status, 405U);
  EXPECT_EQ(post.allow, "GET, HEAD");
  EXPECT_EQ(exporter_->answer({"GET", "/", ""}).status, 200U);
}

TEST_F(ExporterTest, KeepsTheTimeAtWhichCountersBegan) {
  const auto created = [&] {
    const std::string body = exporter_->render(TextFormat::kOpenMetrics);
    const std::size_t at = body.find("layerwatt_board_energy_joules_created ");
    return body.substr(at, body.find('\n', at) - at);
  };
  EXPECT_EQ(created(), created());
}

}  // namespace
}  // namespace layerwatt
