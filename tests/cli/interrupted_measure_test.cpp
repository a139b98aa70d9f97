#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "layerwatt/core/numbers.h"
#include "layerwatt/core/random.h"
#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/records.h"

#include "cli/command_process.h"
#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"
#include "engines/onnxruntime_test_engine.h"
#include "recording/sensor_tree.h"

// Signals to the real command and its recorder, at any moment of a run.

namespace layerwatt::cli {
namespace {

using layerwatt::testing::CommandProcess;
using layerwatt::testing::SensorTree;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class InterruptedMeasure : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!layerwatt::testing::onnxruntime_or_null()) GTEST_SKIP() << "no ONNX Runtime";
    if (!CommandProcess::can_start()) GTEST_SKIP() << "no processes of this build here";
  }
  std::filesystem::path raw() const { return folder_ / "raw"; }
  std::vector<std::string> words(const std::string& runs) const {
    return {"measure",      "lenet",        "--result-dir",
            raw().string(), "--sysfs-root", tree_.root().string(),
            "--idle-lead",  "20ms",         "--runs",
            runs,           "--warmup",     "5"};
  }
  std::vector<std::string> in_raw() const {
    std::vector<std::string> names;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(raw(), absent)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  Outcome map(const std::filesystem::path& recording) const {
    return run_command({"map", "--raw-data-dir", recording.string(), "--result-dir",
                        (folder_ / "mapped").string()});
  }
  std::vector<PowerRecord> power_of(const std::filesystem::path& recording) const {
    auto reader = NpyReader<PowerRecord>::open(recording / "power.npy", CutFile::kTakeWholeRecords);
    if (!reader) return {};
    std::vector<PowerRecord> records(reader->count());
    const auto got = reader->read(records);
    records.resize(got ? *got : 0);
    return records;
  }
  /// Waits until the recording has so many bytes of power and some of the timeline.
  bool wait_for_recording(const std::filesystem::path& recording, std::uintmax_t bytes) const {
    const Instant until = MonotonicClock::now() + std::chrono::seconds(20);
    while (MonotonicClock::now() < until) {
      std::error_code absent;
      const auto power = std::filesystem::file_size(recording / "power.npy", absent);
      const bool enough = !absent && power > bytes;
      const auto timeline = std::filesystem::file_size(recording / "timeline.npy", absent);
      if (enough && !absent && timeline > 1'000) return true;
      ::usleep(2'000);
    }
    return false;
  }
  /// Starts it anew for a few passes, into the same folder.
  CommandProcess::Ending again() const {
    CommandProcess process(words("3"));
    return process.wait();
  }
  SensorTree tree_;
  TemporaryFolder folder_;
};

/// Everything that must hold after Ctrl-C, whenever it came.
class CtrlC : public InterruptedMeasure {
 protected:
  void strike_after(Duration delay) {
    CommandProcess process(words("1000000000"));
    ::usleep(static_cast<useconds_t>(delay.count() / 1'000));
    process.signal_group(SIGINT);
    const CommandProcess::Ending ending = process.wait(std::chrono::seconds(20));
    ASSERT_TRUE(ending.in_time) << "hangs";
    EXPECT_TRUE(process.group_ends()) << "a stray process";
    const std::vector<std::string> left = in_raw();
    if (ending.signal == SIGINT) {
      // Before the command has come to say what is to be done about it: the system's own way.
      EXPECT_THAT(left, ::testing::IsEmpty());
      return;
    }
    EXPECT_EQ(ending.code, 1) << ending.err;
    if (::testing::Matches(HasSubstr("stopped before the first pass"))(ending.err)) {
      EXPECT_THAT(left, ::testing::IsEmpty());
      return;
    }
    EXPECT_THAT(ending.err, AllOf(HasSubstr("partial: stopped"),
                                  HasSubstr("kept in " + (raw() / "lenet").string())));
    EXPECT_THAT(left, ::testing::Contains("lenet"));
    EXPECT_THAT(left, Not(::testing::Contains("lenet.recording")));
    const auto run = parse_json(slurp(raw() / "lenet/run.json"));
    ASSERT_TRUE(run) << run.error().to_string();
    EXPECT_TRUE((*run)["partial"].GetBool());
    EXPECT_TRUE((*run)["finished"].GetBool());
    const Outcome mapped = map(raw() / "lenet");
    EXPECT_EQ(mapped.code, 0) << mapped.err;
    EXPECT_THAT(mapped.out, HasSubstr("partial"));
  }
};

TEST_F(CtrlC, AtAnyMomentEndsWithAMessageAndAReadableRecording) {
  // More for who wants to search: LAYERWATT_INTERRUPTIONS=500.
  const char* wanted = std::getenv("LAYERWATT_INTERRUPTIONS");
  const std::int64_t count = wanted == nullptr ? 8 : parse_int64(wanted).value_or(8);
  Random random(static_cast<std::uint64_t>(MonotonicClock::now().time_since_epoch().count()));
  for (std::int64_t i = 0; i < count; ++i) {
    // Start, loading, idle stretch and passes lie within.
    constexpr double kSpan = 0.8;
    const double share = (static_cast<double>(i) + random.uniform()) / static_cast<double>(count);
    const Duration delay = from_seconds(kSpan * share);
    SCOPED_TRACE("after " + std::to_string(delay.count() / 1'000) + " µs");
    strike_after(delay);
    std::filesystem::remove_all(raw());
    if (HasFailure()) break;
  }
}

TEST_F(CtrlC, ASecondOneEndsItAtOnceAndTheNextStartKeepsWhatWasThere) {
  CommandProcess process(words("1000000000"));
  ASSERT_TRUE(wait_for_recording(raw() / "lenet.recording", 10'000));
  process.signal_group(SIGINT);
  process.signal_group(SIGINT);
  const CommandProcess::Ending ending = process.wait(std::chrono::seconds(20));
  ASSERT_TRUE(ending.in_time);
  EXPECT_TRUE(process.group_ends());
  // Whether it came to an end of its own before the second is a matter of luck; what is recorded is
  // there either way.
  const bool orderly = std::filesystem::exists(raw() / "lenet");
  EXPECT_FALSE(power_of(raw() / (orderly ? "lenet" : "lenet.recording")).empty());
  const CommandProcess::Ending next = again();
  EXPECT_EQ(next.code, 0) << next.err;
  if (!orderly) {
    EXPECT_THAT(next.err, HasSubstr("cut short is kept in"));
  }
}

TEST_F(CtrlC, APartialRunDoesNotReplaceAWholeOne) {
  ASSERT_EQ(again().code, 0);
  const std::string whole = slurp(raw() / "lenet/run.json");
  // Even where a whole one would.
  auto forced = words("1000000000");
  forced.push_back("--force");
  CommandProcess process(forced);
  ASSERT_TRUE(wait_for_recording(raw() / "lenet.recording", 5'000));
  process.signal_group(SIGINT);
  const CommandProcess::Ending ending = process.wait(std::chrono::seconds(20));
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.err, HasSubstr("lenet.partial"));
  EXPECT_EQ(slurp(raw() / "lenet/run.json"), whole);
  EXPECT_EQ(map(raw() / "lenet.partial").code, 0);
}

class Kill9 : public InterruptedMeasure {};

TEST_F(Kill9, OfTheCommandLosesNoMoreThanASecondAndTheNextStartSaysSo) {
  const auto recording = raw() / "lenet.recording";
  CommandProcess process(words("1000000000"));
  ASSERT_TRUE(wait_for_recording(recording, 10'000));
  process.signal_command(SIGKILL);
  const Instant killed = MonotonicClock::now();
  ASSERT_TRUE(process.wait().in_time);
  EXPECT_TRUE(process.group_ends()) << "the recorder goes on without the command";
  const auto records = power_of(recording);
  ASSERT_FALSE(records.empty());
  EXPECT_LT(killed - instant_from_ns(records.back().after_ns), std::chrono::seconds(1));
  auto timeline =
      NpyReader<TimelineRecord>::open(recording / "timeline.npy", CutFile::kTakeWholeRecords);
  ASSERT_TRUE(timeline) << timeline.error().to_string();
  std::vector<TimelineRecord> executions(timeline->count());
  ASSERT_TRUE(timeline->read(executions));
  ASSERT_FALSE(executions.empty());
  EXPECT_LT(killed - instant_from_ns(executions.back().end_ns), std::chrono::seconds(1));
  const Outcome mapped = map(recording);
  EXPECT_EQ(mapped.code, 0) << mapped.err;
  EXPECT_THAT(mapped.out, HasSubstr("partial"));

  const CommandProcess::Ending next = again();
  EXPECT_EQ(next.code, 0) << next.err;
  EXPECT_THAT(next.err, AllOf(HasSubstr("an earlier recording that was cut short is kept in"),
                              HasSubstr("lenet.interrupted-")));
  EXPECT_THAT(in_raw(), AllOf(::testing::Contains("lenet"),
                              ::testing::Contains(::testing::StartsWith("lenet.interrupted-")),
                              Not(::testing::Contains("lenet.recording"))));
}

TEST_F(Kill9, OfTheRecorderEndsTheRunAndKeepsAllButASecond) {
  CommandProcess process(words("1000000000"));
  ASSERT_TRUE(wait_for_recording(raw() / "lenet.recording", 10'000));
  const auto recorder = process.wait_for_recorder();
  ASSERT_TRUE(recorder);
  ::kill(*recorder, SIGKILL);
  const Instant killed = MonotonicClock::now();
  const CommandProcess::Ending ending = process.wait(std::chrono::seconds(20));
  ASSERT_TRUE(ending.in_time);
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.err, AllOf(HasSubstr("the recorder was killed by signal 9"),
                                HasSubstr("kept in " + (raw() / "lenet").string())));
  EXPECT_TRUE(process.group_ends());
  const auto records = power_of(raw() / "lenet");
  ASSERT_FALSE(records.empty());
  EXPECT_LT(killed - instant_from_ns(records.back().after_ns), std::chrono::seconds(1));
  EXPECT_EQ(map(raw() / "lenet").code, 0);
}

}  // namespace
}  // namespace layerwatt::cli
