#include "monitor/board/counter_state.h"

#include <gtest/gtest.h>

#include <fstream>

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

CounterState some_state() {
  CounterState state;
  state.boot_id = "this boot";
  state.since_boot = seconds(100);
  state.began_unix_seconds = 1'700'000'000.5;
  state.sampler.ticks = 2000;
  state.sampler.lost = 3;
  RailReading reading;
  reading.energy = Joules(345.25);
  reading.unmeasured = seconds(2);
  reading.readings = 1997;
  reading.gone = 1;
  state.rails.push_back({"VDD \"IN\"", "ina3221-hwmon", reading});
  return state;
}

TEST(CounterState, IsTakenOverOnce) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "state.json";
  ASSERT_TRUE(write_counter_state(path, some_state()));
  const BootTime boot{"this boot", seconds(105)};
  const auto taken = take_counter_state(path, boot);
  ASSERT_TRUE(taken) << taken.error().message();
  ASSERT_TRUE(taken->has_value());
  const CounterState& state = **taken;
  EXPECT_EQ(state.began_unix_seconds, 1'700'000'000.5);
  EXPECT_EQ(state.sampler.lost, 3);
  ASSERT_EQ(state.rails.size(), 1U);
  EXPECT_EQ(state.rails[0].name, "VDD \"IN\"");
  EXPECT_EQ(state.rails[0].reading.energy, Joules(345.25));
  EXPECT_EQ(state.rails[0].reading.unmeasured, seconds(2));
  EXPECT_EQ(state.rails[0].reading.gone, 1);
  // A service that crashes now begins at 0, and not at what it stood at long ago.
  const auto again = take_counter_state(path, boot);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->has_value());
}

TEST(CounterState, OfAnotherBootIsForgotten) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "state.json";
  ASSERT_TRUE(write_counter_state(path, some_state()));
  const auto taken = take_counter_state(path, BootTime{"another boot", seconds(105)});
  ASSERT_TRUE(taken);
  EXPECT_FALSE(taken->has_value());
  EXPECT_FALSE(fs::exists(path));
}

TEST(CounterState, ThatIsNoneIsRefusedAndLeftAlone) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "state.json";
  for (const char* text : {"", "[]", "{}", "{\"schema_version\": 1}", "not mine"}) {
    std::ofstream(path) << text;
    const auto taken = take_counter_state(path, BootTime{"this boot", seconds(105)});
    ASSERT_FALSE(taken) << text;
    EXPECT_EQ(taken.error().code(), ErrorCode::kParse);
    EXPECT_TRUE(fs::exists(path));
  }
}

TEST(CounterState, KnowsThePresentBoot) {
  const auto boot = read_boot_time();
  ASSERT_TRUE(boot);
  EXPECT_FALSE(boot->id.empty());
  EXPECT_GT(boot->since_boot, Duration(0));
}

}  // namespace
}  // namespace layerwatt
