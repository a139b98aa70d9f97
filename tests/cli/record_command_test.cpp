#include <gmock/gmock.h>

#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/records.h"
#include "layerwatt/recording/recorder.h"

#include "cli/command_run.h"
#include "dataset/temporary_folder.h"
#include "recording/sensor_tree.h"

namespace layerwatt::cli {
namespace {

using layerwatt::testing::SensorTree;
using ::testing::AllOf;
using ::testing::HasSubstr;

class RecordCommand : public ::testing::Test {
 protected:
  Outcome record(std::vector<std::string> options) {
    options.insert(options.begin(), {"record", "--sysfs-root", tree_.root().string(), "--output",
                                     (folder_ / "power.npy").string()});
    return run_command(options);
  }
  SensorTree tree_;
  TemporaryFolder folder_;
};

TEST_F(RecordCommand, RecordsForTheDurationAndTellsWhatBecameOfEveryTick) {
  const Outcome outcome = record({"--duration", "50ms", "--period", "1ms"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("recording 1 rail every 1.00 ms"));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("VDD_IN"), HasSubstr(" late, "), HasSubstr(" lost"),
                                 HasSubstr("% of a core"), HasSubstr("lateness p50")));
  auto reader = NpyReader<PowerRecord>::open(folder_ / "power.npy");
  ASSERT_TRUE(reader) << reader.error().to_string();
  const auto summary = parse_recorder_summary(slurp(folder_ / "power.recorder.json"));
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_TRUE(summary->complete);
  EXPECT_EQ(summary->ticks + summary->lost_ticks, 50);
  EXPECT_EQ(reader->count(), static_cast<std::uint64_t>(summary->ticks));
}

TEST_F(RecordCommand, ReadsAsFastAsItCanWithAPeriodOfZero) {
  const Outcome outcome = record({"--duration", "20ms", "--period", "0"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto summary = parse_recorder_summary(slurp(folder_ / "power.recorder.json"));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->lost_ticks, 0);
  EXPECT_GT(summary->ticks, 20);
}

TEST_F(RecordCommand, FailsWhereNotOneReadingCouldBeTaken) {
  tree_.write("in1_enable", "0");
  const Outcome outcome = record({"--duration", "30ms", "--period", "1ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("VDD_IN"));
}

TEST_F(RecordCommand, NeverReplacesAFinishedRecordingUnasked) {
  ASSERT_EQ(record({"--duration", "20ms"}).code, 0);
  const std::string before = slurp(folder_ / "power.npy");
  const Outcome again = record({"--duration", "20ms"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, AllOf(HasSubstr("--force"), HasSubstr("--new-run"),
                               HasSubstr("another --output"), HasSubstr("power-2.npy")));
  EXPECT_EQ(slurp(folder_ / "power.npy"), before);
  ASSERT_EQ(record({"--duration", "20ms", "--new-run"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "power-2.npy"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "power-2.recorder.json"));
  EXPECT_EQ(slurp(folder_ / "power.npy"), before);
  EXPECT_EQ(record({"--duration", "20ms", "--force"}).code, 0);
  EXPECT_NE(slurp(folder_ / "power.npy"), before);
}

TEST_F(RecordCommand, NamesTheRailsThereAreForOneThatIsNot) {
  const Outcome outcome = record({"--rail", "VDD_INN", "--duration", "1ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'VDD_IN'"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "power.npy"));
}

TEST_F(RecordCommand, SaysThatThereIsNoSensor) {
  const TemporaryFolder empty;
  const Outcome outcome = run_command({"record", "--sysfs-root", empty.path().string(), "--output",
                                       (folder_ / "power.npy").string(), "--duration", "1ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("no power sensor"), HasSubstr("layerwatt sensors")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "power.npy"));
}

TEST_F(RecordCommand, RefusesWrongWords) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--period", "-1ms"},
                                             {"--duration", "soon"},
                                             {"--realtime", "0"},
                                             {"--realtime", "100"},
                                             {"--pin", "first"},
                                             {"--sysfs-root", "/nonexistent"},
                                             {"surplus"}}) {
    const Outcome outcome = record(wrong);
    EXPECT_EQ(outcome.code, 2) << wrong[0];
    EXPECT_THAT(outcome.err, HasSubstr("layerwatt record --help"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "power.npy"));
}

TEST_F(RecordCommand, NamesAPlaceThatCannotBeWritten) {
  folder_.write("file", "");
  const std::string below = (folder_ / "file/power.npy").string();
  const Outcome outcome = run_command(
      {"record", "--sysfs-root", tree_.root().string(), "--output", below, "--duration", "1ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr(below));
}

}  // namespace
}  // namespace layerwatt::cli
