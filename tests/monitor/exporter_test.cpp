#include "monitor/serve/exporter.h"

#include <gmock/gmock.h>

#include <cstdlib>

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
    ExporterOptions exported;
    exported.wall_clock = [this] {
      const Instant now = MonotonicClock::now();
      return WallClock(now, kSomeDay + to_seconds(now - begin_) + set_by_);
    };
    exporter_.emplace(*monitor_, exported);
  }

  /// Of the first sample whose line begins with `name`, which no other's does.
  double value_of(const std::string& name) {
    const std::string body = exporter_->render(TextFormat::kOpenMetrics);
    const std::size_t at = body.find("\n" + name);
    EXPECT_NE(at, std::string::npos) << name;
    const std::string line = body.substr(at + 1, body.find('\n', at + 1) - at - 1);
    return std::strtod(line.substr(line.rfind(' ') + 1).c_str(), nullptr);
  }

  static constexpr double kSomeDay = 1.8e9;
  const Instant begin_ = MonotonicClock::now();
  double set_by_ = 0.0;
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
  const auto created = [&] { return value_of("layerwatt_board_energy_joules_created "); };
  EXPECT_EQ(created(), created());
}

TEST_F(ExporterTest, AClockThatIsSetBackMovesStampsAndNoCounter) {
  const auto joules = [&] { return value_of("layerwatt_board_energy_joules_total "); };
  const auto unmeasured = [&] { return value_of("layerwatt_unmeasured_seconds_total{"); };
  const auto created = [&] { return value_of("layerwatt_board_energy_joules_created "); };
  const auto last = [&] { return value_of("layerwatt_last_sample_timestamp_seconds{"); };
  const double joules_before = joules();
  const double unmeasured_before = unmeasured();
  const double created_before = created();
  const double last_before = last();
  constexpr double kAnHour = 3600.0;
  set_by_ = -kAnHour;
  const auto readings = monitor_->read().rails[0].readings;
  ASSERT_TRUE(wait_until([&] { return monitor_->read().rails[0].readings > readings + 2; }));
  // An hour back in no counter: neither energy nor time that was not measured.
  const double rise = joules() - joules_before;
  EXPECT_GT(rise, 0.0);
  EXPECT_LT(rise, 5.0 * 2 * to_seconds(MonotonicClock::now() - begin_));
  EXPECT_LT(unmeasured() - unmeasured_before, to_seconds(MonotonicClock::now() - begin_));
  EXPECT_NEAR(created(), created_before - kAnHour, 1.0);
  EXPECT_LT(last(), last_before - kAnHour / 2);
  EXPECT_GT(last(), last_before - kAnHour - 1.0);
}

}  // namespace
}  // namespace layerwatt
