#include "layerwatt/simulation/activity_ring.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

namespace layerwatt {
namespace {

class ActivityRing : public testing::Test {
 protected:
  ~ActivityRing() override { std::filesystem::remove(path_); }
  std::filesystem::path path_ = std::filesystem::path(testing::TempDir()) /
                                ("activity-" + std::to_string(::getpid()) + "-" +
                                 testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ActivityRing, HandsEventsOverInOrder) {
  auto reader = ActivityReader::open(path_, 16);
  auto writer = ActivityWriter::open(path_);
  ASSERT_TRUE(reader && writer);
  writer->begin(instant_from_ns(5), 3, 0);
  writer->begin(instant_from_ns(7), 3, 1);
  writer->gap(instant_from_ns(9));
  writer->idle(instant_from_ns(11));
  std::vector<ActivityEvent> events(10);
  ASSERT_EQ(reader->read(events), 4U);
  EXPECT_EQ(events[0], (ActivityEvent{instant_from_ns(5), 3, 0}));
  EXPECT_EQ(events[1], (ActivityEvent{instant_from_ns(7), 3, 1}));
  EXPECT_EQ(events[2].segment, kActivityGap);
  EXPECT_EQ(events[3].segment, kActivityIdle);
  EXPECT_EQ(reader->read(events), 0U);
  EXPECT_EQ(reader->lost(), 0U);
}

TEST_F(ActivityRing, CountsWhatASlowReaderMissed) {
  auto reader = ActivityReader::open(path_, 16);
  auto writer = ActivityWriter::open(path_);
  ASSERT_TRUE(reader && writer);
  for (int i = 0; i < 100; ++i) writer->begin(instant_from_ns(i), i, 0);
  std::vector<ActivityEvent> events(100);
  const std::size_t count = reader->read(events);
  EXPECT_EQ(count + reader->lost(), 100U);
  EXPECT_GT(reader->lost(), 0U);
  EXPECT_EQ(events[count - 1].segment, 99);
}

TEST_F(ActivityRing, GoesOnWithALaterWriter) {
  auto reader = ActivityReader::open(path_, 16);
  ASSERT_TRUE(reader);
  for (int i = 0; i < 3; ++i) {
    auto writer = ActivityWriter::open(path_);
    ASSERT_TRUE(writer);
    writer->begin(instant_from_ns(i), i, 0);
  }
  std::vector<ActivityEvent> events(10);
  EXPECT_EQ(reader->read(events), 3U);
}

TEST_F(ActivityRing, NeverGivesATornEventToAReaderThatIsOverrun) {
  auto reader = ActivityReader::open(path_, 64);
  auto writer = ActivityWriter::open(path_);
  ASSERT_TRUE(reader && writer);
  constexpr std::int32_t kCount = 300'000;
  std::atomic<bool> done{false};
  std::thread writing([&] {
    for (std::int32_t i = 0; i < kCount; ++i) writer->begin(instant_from_ns(i), i, i);
    done = true;
  });
  std::vector<ActivityEvent> events(32);
  std::int32_t last = -1;
  std::uint64_t seen = 0;
  bool is_sound = true;
  for (bool stop = false; !stop;) {
    stop = done;
    while (const std::size_t count = reader->read(events)) {
      for (std::size_t i = 0; i < count; ++i) {
        is_sound = is_sound && to_ns(events[i].at) == events[i].segment &&
                   events[i].segment == events[i].repeat && events[i].segment > last;
        last = events[i].segment;
      }
      seen += count;
    }
  }
  writing.join();
  EXPECT_TRUE(is_sound);
  EXPECT_EQ(last, kCount - 1);
  EXPECT_EQ(seen + reader->lost(), static_cast<std::uint64_t>(kCount));
}

TEST_F(ActivityRing, RefusesAFileThatIsNone) {
  std::ofstream(path_) << "something else, longer than a header of two words";
  const auto writer = ActivityWriter::open(path_);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code(), ErrorCode::kParse);
}

TEST_F(ActivityRing, SaysWhichFolderIsMissing) {
  const auto writer = ActivityWriter::open(path_ / "none" / "activity");
  ASSERT_FALSE(writer);
  EXPECT_NE(writer.error().to_string().find("activity file"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
