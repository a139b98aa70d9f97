#include "layerwatt/recording/recorder_process.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <functional>

#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/records.h"

#include "recording/sensor_tree.h"

// Real processes on a tree of files: each test lasts a fraction of a second.

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::SensorTree;

RecorderProcess::Launch launch() {
  RecorderProcess::Launch launch;
  launch.executable = LAYERWATT_TEST_RECORDER;
  return launch;
}

RecorderOptions options_for(const SensorTree& tree, const TemporaryFolder& folder) {
  RecorderOptions options;
  options.output = folder.path() / "power.npy";
  options.root.path = tree.root();
  options.period = milliseconds(1);
  return options;
}

std::vector<PowerRecord> read_records(const std::filesystem::path& path) {
  auto reader = NpyReader<PowerRecord>::open(path, CutFile::kTakeWholeRecords);
  if (!reader) return {};
  std::vector<PowerRecord> records(reader->count());
  const auto got = reader->read(records);
  records.resize(got ? *got : 0);
  return records;
}

/// Waits until `path` holds `count` records, or five seconds.
bool wait_for_records(const std::filesystem::path& path, std::size_t count) {
  const Instant until = MonotonicClock::now() + seconds(5);
  while (MonotonicClock::now() < until) {
    if (read_records(path).size() >= count) return true;
    ::usleep(5'000);
  }
  return false;
}

bool wait_until(const std::function<bool()>& done) {
  const Instant until = MonotonicClock::now() + seconds(5);
  while (MonotonicClock::now() < until) {
    if (done()) return true;
    ::usleep(2'000);
  }
  return done();
}

TEST(RecorderProcess, RecordsUntilItIsStopped) {
  const SensorTree tree;
  const TemporaryFolder folder;
  auto recorder = RecorderProcess::start(options_for(tree, folder), launch());
  ASSERT_TRUE(recorder) << recorder.error().to_string();
  EXPECT_EQ(recorder->beginning().period, milliseconds(1));
  EXPECT_TRUE(wait_for_records(folder.path() / "power.npy", 1));
  const auto summary = recorder->stop();
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_TRUE(summary->complete);
  EXPECT_EQ(summary->end, "stopped");
  EXPECT_TRUE(summary->failure.empty());
  ASSERT_EQ(summary->rails.size(), 1U);
  EXPECT_EQ(summary->rails[0].name, "VDD_IN");
  const auto records = read_records(folder.path() / "power.npy");
  EXPECT_EQ(static_cast<std::int64_t>(records.size()), summary->rails[0].readings);
  EXPECT_EQ(summary->ticks + summary->lost_ticks, records.back().tick + 1);
  EXPECT_EQ(records[0].voltage_uv, 5'000'000);
  EXPECT_EQ(records[0].current_ua, 1'000'000);
  EXPECT_EQ(records[0].power_uw, kNoValue64);  // this chip tells voltage and current
  EXPECT_LE(records[0].before_ns, records[0].after_ns);
  EXPECT_FALSE(recorder->is_running());
}

TEST(RecorderProcess, SaysWhyItCannotBegin) {
  const TemporaryFolder empty;
  const TemporaryFolder folder;
  RecorderOptions options;
  options.root.path = empty.path();
  options.output = folder.path() / "power.npy";
  const auto none = RecorderProcess::start(options, launch());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message(), HasSubstr("no power sensor"));
  EXPECT_FALSE(std::filesystem::exists(options.output));
}

TEST(RecorderProcess, NamesTheFolderThatItCannotWriteTo) {
  const SensorTree tree;
  const TemporaryFolder folder;
  RecorderOptions options = options_for(tree, folder);
  options.output = folder.path() / "absent" / "power.npy";
  const auto failed = RecorderProcess::start(options, launch());
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().to_string(), HasSubstr("absent/power.npy"));
}

TEST(RecorderProcess, NamesTheRailsThereAreForOneThatIsNot) {
  const SensorTree tree;
  const TemporaryFolder folder;
  RecorderOptions options = options_for(tree, folder);
  options.rails = {"VDD_INN"};
  const auto failed = RecorderProcess::start(options, launch());
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("did you mean 'VDD_IN'"));
}

TEST(RecorderProcess, SaysThatACommandIsMissing) {
  const SensorTree tree;
  const TemporaryFolder folder;
  RecorderProcess::Launch missing;
  missing.executable = folder.path() / "no_such_command";
  const auto failed = RecorderProcess::start(options_for(tree, folder), missing);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("no_such_command"));
}

TEST(RecorderProcess, AfterKillOfTheRecorderAllButTheLastSecondIsThere) {
  const SensorTree tree;
  const TemporaryFolder folder;
  const auto output = folder.path() / "power.npy";
  auto recorder = RecorderProcess::start(options_for(tree, folder), launch());
  ASSERT_TRUE(recorder) << recorder.error().to_string();
  ASSERT_TRUE(wait_for_records(output, 400));
  const Instant killed = MonotonicClock::now();
  ::kill(recorder->pid(), SIGKILL);
  const auto summary = recorder->stop();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code(), ErrorCode::kGone);
  EXPECT_THAT(summary.error().message(), HasSubstr("signal 9"));
  const auto records = read_records(output);
  ASSERT_GE(records.size(), 400U);
  EXPECT_LT(killed - instant_from_ns(records.back().after_ns), seconds(1));
  for (std::size_t i = 1; i < records.size(); ++i) {
    ASSERT_GT(records[i].tick, records[i - 1].tick);
  }
}

TEST(RecorderProcess, EndsWithAllItHasWhenItsParentIsKilled) {
  const SensorTree tree;
  const TemporaryFolder folder;
  const auto output = folder.path() / "power.npy";
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    auto recorder = RecorderProcess::start(options_for(tree, folder), launch());
    const pid_t pid = recorder ? recorder->pid() : -1;
    if (::write(told[1], &pid, sizeof(pid)) != sizeof(pid)) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  pid_t recorder = -1;
  ASSERT_EQ(::read(told[0], &recorder, sizeof(recorder)), static_cast<ssize_t>(sizeof(recorder)));
  ASSERT_GT(recorder, 0);
  ASSERT_TRUE(wait_for_records(output, 100));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  const Instant killed = MonotonicClock::now();
  // Its summary is the last thing that it writes.
  const auto summary_of = [&]() -> std::optional<RecorderSummary> {
    std::ifstream file(recorder_summary_path(output));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    auto summary = parse_recorder_summary(text);
    if (!summary || !summary->complete) return std::nullopt;
    return *summary;
  };
  ASSERT_TRUE(wait_until([&] { return summary_of().has_value(); }));
  const auto records = read_records(output);
  EXPECT_GE(instant_from_ns(records.back().after_ns), killed - milliseconds(50));
  EXPECT_EQ(static_cast<std::int64_t>(records.size()), summary_of()->rails[0].readings);
  ::close(told[0]);
  ::close(told[1]);
}

TEST(RecorderProcess, ASensorThatVanishesEndsTheRecordingAndKeepsIt) {
  const SensorTree tree;
  const TemporaryFolder folder;
  const auto output = folder.path() / "power.npy";
  auto recorder = RecorderProcess::start(options_for(tree, folder), launch());
  ASSERT_TRUE(recorder) << recorder.error().to_string();
  ASSERT_TRUE(wait_for_records(output, 100));
  // A removed file can still be read through an open descriptor; an emptied one has no number, as
  // after the driver is gone.
  std::filesystem::resize_file(tree.chip() / "in1_input", 0);
  std::filesystem::resize_file(tree.chip() / "curr1_input", 0);
  const auto summary = recorder->stop();
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_GE(read_records(output).size(), 100U);
}

TEST(RecorderProcess, AFullDiskEndsTheRecordingWithItsReason) {
  const SensorTree tree;
  const TemporaryFolder folder;
  RecorderOptions options = options_for(tree, folder);
  options.period = Duration(0);
  // A limit of the file size fails writes as a full disk does.
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 64 * 1024;
  ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  auto recorder = RecorderProcess::start(options, launch());
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_TRUE(recorder) << recorder.error().to_string();
  EXPECT_TRUE(wait_until([&] { return !recorder->is_running(); }));
  const auto summary = recorder->stop();
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_THAT(summary->failure, HasSubstr("power.npy"));
  const auto records = read_records(options.output);
  EXPECT_GT(records.size(), 1000U);
}

}  // namespace
}  // namespace layerwatt
