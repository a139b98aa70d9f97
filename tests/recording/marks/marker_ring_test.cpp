#include "layerwatt/recording/marker_ring.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "layerwatt/markers.h"
#include "layerwatt/recording/region_timeline.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A ring that this process marks in, as a program under `layerwatt run --markers` would.
class MarkerRingTest : public ::testing::Test {
 protected:
  explicit MarkerRingTest(std::size_t capacity = 1 << 10) : ring_(*MarkerRing::create(capacity)) {
    ::setenv(LW_MARKERS_VARIABLE, ring_.path().c_str(), 1);
    lw_markers_of_process = {};
    lw_markers_lane = 0;
  }
  ~MarkerRingTest() override {
    ::unsetenv(LW_MARKERS_VARIABLE);
    lw_markers_of_process = {};
  }
  RegionMarks& read(bool is_last = false) {
    ring_.read(marks_, is_last);
    return marks_;
  }

  MarkerRing ring_;
  RegionMarks marks_;
};

TEST_F(MarkerRingTest, ReadsWhatAProgramMarks) {
  const Instant before = MonotonicClock::now();
  const std::uint32_t head = lw_region_id("head");
  EXPECT_EQ(lw_region_id("head"), head);
  {
    const lw_region region(head);
    EXPECT_THAT(read().marks, SizeIs(1));
  }
  ASSERT_THAT(read().marks, SizeIs(2));
  EXPECT_EQ(marks_.names[marks_.marks[0].region], "head");
  EXPECT_TRUE(marks_.marks[0].begins);
  EXPECT_FALSE(marks_.marks[1].begins);
  EXPECT_GE(marks_.marks[0].at, before);
  EXPECT_GE(marks_.marks[1].at, marks_.marks[0].at);
  EXPECT_EQ(marks_.marks[0].lane, marks_.marks[1].lane);
  EXPECT_EQ(marks_.lost, 0U);
}

TEST_F(MarkerRingTest, ThreadsAndChildrenHaveLanesOfTheirOwn) {
  const std::uint32_t id = lw_region_id("r");
  lw_region_begin(id);
  std::thread([&] { lw_region_begin(id); }).join();
  const pid_t child = ::fork();
  if (child == 0) {
    lw_region_begin(lw_region_id("of a child"));
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  std::set<std::uint32_t> lanes;
  for (const RegionMark& mark : read().marks) lanes.insert(mark.lane);
  EXPECT_THAT(lanes, SizeIs(3));
  EXPECT_EQ(marks_.names.back(), "of a child");
}

TEST_F(MarkerRingTest, MarksThatWereOverwrittenAreCounted) {
  const std::uint32_t id = lw_region_id("r");
  for (int i = 0; i < 5000; ++i) lw_region_begin(id);
  read();
  EXPECT_EQ(marks_.marks.size() + marks_.lost, 5000U);
  EXPECT_GT(marks_.lost, 0U);
}

TEST_F(MarkerRingTest, NamesBeyondTheTableAreOneRegion) {
  for (int i = 0; i < 5000; ++i) lw_region_id(std::to_string(i).c_str());
  EXPECT_EQ(lw_region_id("one more"), 1U);
  lw_region_begin(1);
  ASSERT_THAT(read().marks, SizeIs(1));
  EXPECT_EQ(marks_.names[0], kOtherRegions);
}

TEST_F(MarkerRingTest, AProgramGoneAstrayDoesNoHarm) {
  lw_region_begin(lw_region_id("r"));
  lw_markers_write(7, 12345678);
  lw_markers_of_process.header->written += 3;
  lw_markers_of_process.header->capacity = 0;
  read(true);
  EXPECT_THAT(marks_.marks, SizeIs(1));
  EXPECT_EQ(marks_.lost, 4U);
  lw_markers_of_process.header->written = ~std::uint64_t{0};
  read(true);
  lw_markers_of_process.header->written = 0;
  EXPECT_THAT(read(true).marks, SizeIs(1));
}

TEST(MarkerRing, RefusesWhatIsNone) {
  TemporaryFolder folder;
  const auto path = folder.path() / "no-ring";
  std::ofstream(path) << std::string(2 << 20, 'x');
  EXPECT_EQ(MarkerRing::open(path).error().code(), ErrorCode::kParse);
  EXPECT_EQ(MarkerRing::open(folder.path() / "missing").error().code(), ErrorCode::kNotFound);
  EXPECT_NE(lw_markers_attach(path.c_str()), 0);
}

TEST(MarkerRing, WithoutOneMarksGoNowhere) {
  ::unsetenv(LW_MARKERS_VARIABLE);
  lw_markers_of_process = {};
  EXPECT_EQ(lw_region_id("r"), 0U);
  lw_region_begin(lw_region_id("r"));
  EXPECT_EQ(lw_new_lane(), 0U);
}

class LargeMarkerRing : public MarkerRingTest {
 protected:
  LargeMarkerRing() : MarkerRingTest(kDefaultMarkerCapacity * 2) {}
};

TEST_F(LargeMarkerRing, AHundredThousandRegionsOfThreadsArriveWhole) {
  constexpr int kThreads = 4;
  constexpr int kRegions = 25'000;
  const Instant begin = MonotonicClock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t] {
      const std::string name = "worker " + std::to_string(t);
      const std::uint32_t id = lw_region_id(name.c_str());
      for (int i = 0; i < kRegions; ++i) const lw_region region(id);
    });
  }
  // Beside them, as `layerwatt run` reads.
  while (marks_.marks.size() < kThreads * kRegions) read();
  for (std::thread& thread : threads) thread.join();
  read(true);
  ASSERT_THAT(marks_.marks, SizeIs(2 * kThreads * kRegions));
  EXPECT_EQ(marks_.lost, 0U);
  const RegionTimeline timeline = part_by_regions(marks_, begin, MonotonicClock::now());
  EXPECT_THAT(timeline.notes, IsEmpty());
  EXPECT_THAT(timeline.instances, SizeIs(kThreads * kRegions));
}

/// In a process that is killed. The path of the ring that it leaves behind.
std::filesystem::path ring_of_killed_process() {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    const auto ring = MarkerRing::create(16);
    const std::string path = ring ? ring->path().string() : std::string();
    (void)!::write(ends[1], path.data(), path.size());
    ::raise(SIGKILL);
  }
  ::close(ends[1]);
  char path[4096];
  const auto size = ::read(ends[0], path, sizeof path);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return std::string(path, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
}

TEST(AbandonedMarkerRing, OfAKilledProcessGoesWhenTheNextIsMade) {
  namespace fs = std::filesystem;
  const auto lives = MarkerRing::create(16);
  ASSERT_TRUE(lives);
  const fs::path young = ring_of_killed_process();
  const fs::path old = ring_of_killed_process();
  ASSERT_TRUE(fs::exists(young) && fs::exists(old));
  const auto an_hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(old, an_hour_ago);
  fs::last_write_time(lives->path(), an_hour_ago);
  {
    const auto next = MarkerRing::create(16);
    ASSERT_TRUE(next);
    EXPECT_FALSE(fs::exists(old));
    // One that is as young as this may just be being made.
    EXPECT_TRUE(fs::exists(young));
    EXPECT_TRUE(fs::exists(lives->path()));
  }
  fs::last_write_time(young, an_hour_ago);
  const auto last = MarkerRing::create(16);
  EXPECT_FALSE(fs::exists(young));
}

}  // namespace
}  // namespace layerwatt
