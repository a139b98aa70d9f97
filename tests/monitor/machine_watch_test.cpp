#include "monitor/board/machine_watch.h"

#include <gtest/gtest.h>

#include <fstream>

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

class MachineTree {
 public:
  void write(const std::string& file, const std::string& text) const {
    const auto path = folder_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  SystemRoot root() const { return {folder_.path()}; }

 private:
  TemporaryFolder folder_;
};

TEST(MachineWatch, ListsCoolingDevicesByTheirTypes) {
  const MachineTree tree;
  for (const int i : {0, 1}) {
    const std::string device = "sys/class/thermal/cooling_device" + std::to_string(i) + "/";
    tree.write(device + "type", "cpufreq-cpu\n");
    tree.write(device + "cur_state", std::to_string(i) + "\n");
    tree.write(device + "max_state", "19\n");
  }
  tree.write("sys/class/thermal/cooling_device2/type", "broken\n");
  const auto devices = read_cooling_devices(tree.root());
  ASSERT_EQ(devices.size(), 2U);
  EXPECT_EQ(devices[0].name, "cpufreq-cpu");
  EXPECT_EQ(devices[1].name, "cpufreq-cpu 2");
  EXPECT_EQ(devices[1].state, 1);
  EXPECT_EQ(devices[1].max_state, 19);
}

TEST(MachineWatch, CountsOverCurrentEventsOfThatChipAlone) {
  const MachineTree tree;
  tree.write("sys/class/hwmon/hwmon2/name", "soctherm_oc\n");
  tree.write("sys/class/hwmon/hwmon2/oc1_event_cnt", "3\n");
  tree.write("sys/class/hwmon/hwmon2/oc2_event_cnt", "none\n");
  tree.write("sys/class/hwmon/hwmon3/name", "ina3221\n");
  tree.write("sys/class/hwmon/hwmon3/oc3_event_cnt", "4\n");
  EXPECT_EQ(read_over_current_events(tree.root()),
            (std::map<std::string, std::int64_t>{{"oc1", 3}}));
}

TEST(MachineWatch, ReadsTheBudgetFromTheNameOfAMode) {
  EXPECT_EQ(budget_of_mode("2 (15W)"), Watts(15.0));
  EXPECT_EQ(budget_of_mode("0 (MODE_25W_8CORE)"), Watts(25.0));
  EXPECT_EQ(budget_of_mode("1 (7W)"), Watts(7.0));
  EXPECT_EQ(budget_of_mode("0 (MAXN)"), std::nullopt);
  EXPECT_EQ(budget_of_mode("0 (MAXN_SUPER)"), std::nullopt);
  EXPECT_EQ(budget_of_mode("W"), std::nullopt);
  EXPECT_EQ(budget_of_mode(""), std::nullopt);
}

TEST(MachineWatch, ReadsAgainOnlyAfterASecond) {
  const MachineTree tree;
  const std::string zone = "sys/class/thermal/thermal_zone0/";
  tree.write(zone + "type", "cpu-thermal\n");
  tree.write(zone + "temp", "40000\n");
  MachineWatch watch(tree.root(), Board());
  const Instant begin = instant_from_ns(0);
  EXPECT_EQ(watch.read(begin).state.temperatures_celsius.at("cpu-thermal"), 40.0);
  tree.write(zone + "temp", "50000\n");
  EXPECT_EQ(watch.read(begin + std::chrono::milliseconds(500))
                .state.temperatures_celsius.at("cpu-thermal"),
            40.0);
  EXPECT_EQ(
      watch.read(begin + std::chrono::seconds(1)).state.temperatures_celsius.at("cpu-thermal"),
      50.0);
}

TEST(MachineWatch, OfAnEmptyTreeKnowsNothing) {
  const MachineTree tree;
  MachineWatch watch(tree.root(), Board());
  const MachineReading& reading = watch.read(instant_from_ns(0));
  EXPECT_TRUE(reading.cooling.empty());
  EXPECT_TRUE(reading.power_mode.empty());
  EXPECT_EQ(reading.clocks_locked, std::nullopt);
}

}  // namespace
}  // namespace layerwatt
