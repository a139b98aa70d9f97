#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "layerwatt/sensors/board.h"

#include "sensors/sysfs_tree.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SysfsTree;

const ProbedSensor& only_sensor(const Board& board) {
  EXPECT_EQ(board.sensors.size(), 1u);
  return board.sensors.front();
}

std::vector<std::string> names(const ProbedSensor& sensor) {
  std::vector<std::string> result;
  for (const Rail& rail : sensor.rails) result.push_back(rail.name);
  return result;
}

TEST(Ina3221Hwmon, ReadsVoltageAndCurrentOfEachRailByItsLabel) {
  const SysfsTree tree("orin_nano_jp6");
  const auto board = detect_board(tree.root());
  ASSERT_TRUE(board) << board.error().to_string();
  const ProbedSensor& probed = only_sensor(*board);
  EXPECT_THAT(names(probed), ElementsAre("VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"));
  const Rail& rail = probed.rails.front();
  EXPECT_EQ(rail.location, "1-0040 channel 1");
  EXPECT_NEAR(rail.shunt->value(), 0.005, 1e-12);
  EXPECT_NEAR(in_milliwatts(*rail.model.lsb), 40.64, 1e-9);
  EXPECT_NEAR(to_seconds(*effective_time_constant(rail.model)), 0.43, 0.001);

  auto sensor = open_sensor(tree.root(), probed);
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<RawReading> readings(3);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kOk);
  EXPECT_EQ(readings[0].voltage_uv, 5080000);
  EXPECT_EQ(readings[0].current_ua, 712000);
  EXPECT_EQ(readings[0].power_uw, kNotMeasured64);
  EXPECT_EQ(readings[0].energy_uj, kNotMeasured64);
  EXPECT_LE(readings[0].before, readings[0].after);
  EXPECT_EQ(readings[2].current_ua, 248000);
}

TEST(Ina3221Hwmon, ReadsNegativeCurrents) {
  SysfsTree tree("orin_nano_jp6");
  tree.set("sys/class/hwmon/hwmon3/curr2_input", "-8");
  const auto board = detect_board(tree.root());
  auto sensor = open_sensor(tree.root(), only_sensor(*board), {{"VDD_CPU_GPU_CV"}});
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<RawReading> readings(1);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kOk);
  EXPECT_EQ(readings[0].current_ua, -8000);
}

}  // namespace
}  // namespace layerwatt
