#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"

#include "sensors/sysfs_tree.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::SysfsTree;

std::vector<ProbedSensor> probe(const SysfsTree& tree) {
  auto board = detect_board(tree.root());
  EXPECT_TRUE(board) << board.error().to_string();
  return std::move(board->sensors);
}

std::vector<std::string> names(const ProbedSensor& sensor) {
  std::vector<std::string> result;
  for (const Rail& rail : sensor.rails) result.push_back(rail.name);
  return result;
}

Reading read_first(const SysfsTree& tree, const ProbedSensor& probed, const std::string& rail) {
  auto sensor = open_sensor(tree.root(), probed, {{rail}});
  EXPECT_TRUE(sensor) << sensor.error().to_string();
  Reading reading{};
  (*sensor)->read({&reading, 1});
  return reading;
}

TEST(Ina3221Hwmon, ReadsVoltageAndCurrentOfEachRailByItsLabel) {
  const SysfsTree tree("orin_nano_jp6");
  const auto sensors = probe(tree);
  ASSERT_THAT(sensors, SizeIs(1));
  const ProbedSensor& probed = sensors.front();
  EXPECT_EQ(probed.kind, "ina3221-hwmon");
  EXPECT_THAT(names(probed), ElementsAre("VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"));
  const Rail& rail = probed.rails.front();
  EXPECT_EQ(rail.location, "1-0040 channel 1");
  EXPECT_EQ(rail.coverage, "whole module");
  EXPECT_NEAR(rail.shunt->value(), 0.005, 1e-12);
  EXPECT_NEAR(in_milliwatts(*rail.model.lsb), 40.64, 1e-9);
  EXPECT_NEAR(to_seconds(*effective_time_constant(rail.model)), 0.43, 0.001);

  auto sensor = open_sensor(tree.root(), probed);
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<Reading> readings(3);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kOk);
  EXPECT_EQ(readings[0].voltage_uv, 5080000);
  EXPECT_EQ(readings[0].current_ua, 712000);
  EXPECT_EQ(readings[0].power_uw, kNoValue64);
  EXPECT_EQ(readings[0].energy_uj, kNoValue64);
  EXPECT_LE(readings[0].before, readings[0].after);
  EXPECT_EQ(readings[2].current_ua, 248000);
}

TEST(Ina3221Hwmon, ReadsNegativeCurrents) {
  SysfsTree tree("orin_nano_jp6");
  tree.set("sys/class/hwmon/hwmon3/curr2_input", "-1");
  const auto sensors = probe(tree);
  const Reading reading = read_first(tree, sensors.front(), "VDD_CPU_GPU_CV");
  EXPECT_EQ(reading.status, ReadStatus::kOk);
  EXPECT_EQ(reading.current_ua, -1000);
}

TEST(Ina3221Hwmon, ListsChipsByAddressWhateverTheirNumber) {
  // hwmon5 is 1-0041, hwmon2 is 1-0040.
  const auto sensors = probe(SysfsTree("agx_orin_jp6"));
  ASSERT_THAT(sensors, SizeIs(2));
  EXPECT_EQ(sensors[0].rails.front().name, "VDD_GPU_SOC");
  EXPECT_THAT(names(sensors[1]), ElementsAre("VDDQ_VDD2_1V8AO"));
}

TEST(Ina3221Hwmon, ListsDisabledChannelsAsUnusableAndCountsThemOutOfTheCycle) {
  const auto sensors = probe(SysfsTree("agx_orin_jp6"));
  ASSERT_THAT(sensors[1].unusable, SizeIs(2));
  EXPECT_EQ(sensors[1].unusable[0].name, "1-0041:1");
  EXPECT_THAT(sensors[1].unusable[0].reason, HasSubstr("switched off (in1_enable is 0)"));
  EXPECT_NEAR(to_seconds(*effective_time_constant(sensors[1].rails.front().model)), 0.34, 0.001);
}

TEST(Ina3221Hwmon, OpensAChannelThatIsDisabledLaterAndReadsItAsDisabled) {
  SysfsTree tree("orin_nano_jp6");
  const auto sensors = probe(tree);
  auto sensor = open_sensor(tree.root(), sensors.front(), {{"VDD_SOC"}});
  ASSERT_TRUE(sensor);
  tree.fail("sys/class/hwmon/hwmon3/curr3_input", ENODATA);
  Reading reading{};
  (*sensor)->read({&reading, 1});
  EXPECT_EQ(reading.status, ReadStatus::kDisabled);
}

TEST(Ina3221Hwmon, TakesAChannelThatAnswersNoDataAsSwitchedOffEvenIfEnabled) {
  SysfsTree tree("orin_nano_jp6");
  tree.fail("sys/class/hwmon/hwmon3/in3_input", ENODATA);
  const auto sensors = probe(tree);
  EXPECT_THAT(names(sensors.front()), ElementsAre("VDD_IN", "VDD_CPU_GPU_CV"));
  EXPECT_THAT(sensors.front().unusable.front().reason, HasSubstr("switched off"));
}

TEST(Ina3221Hwmon, LeavesOutChannelsThatAreNotConnected) {
  const auto sensors = probe(SysfsTree("agx_orin_jp5"));
  EXPECT_THAT(names(sensors[1]), ElementsAre("VDDQ_VDD2_1V8AO"));
  EXPECT_EQ(sensors[1].unusable[0].reason, "not connected");
  // They take part in the cycle all the same.
  EXPECT_NEAR(to_seconds(*effective_time_constant(sensors[1].rails.front().model)), 0.43, 0.001);
}

TEST(Ina3221Hwmon, NamesARailWithoutALabelByItsPlace) {
  const auto sensors = probe(SysfsTree("unknown_arm"));
  EXPECT_THAT(names(sensors[0]), ElementsAre("CORE", "3-0040:2", "MEM"));
}

TEST(Ina3221Hwmon, OffersTheSumRegisterOnlyWhereItIsAPower) {
  // JetPack 6 leaves VIN_SYS_5V0 out of AGX Orin's sum; JetPack 5 adds rails of unlike voltages.
  const SysfsTree tree("agx_orin_jp6");
  const auto sensors = probe(tree);
  ASSERT_THAT(names(sensors[0]),
              ElementsAre("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDD_GPU_SOC+VDD_CPU_CV"));
  const Rail& sum = sensors[0].rails.back();
  EXPECT_EQ(sum.model.averaging, Averaging::kNone);
  EXPECT_THAT(sum.model.source, HasSubstr("measure it"));
  const Reading reading = read_first(tree, sensors[0], sum.name);
  EXPECT_EQ(reading.voltage_uv, 19712000);
  EXPECT_EQ(reading.current_ua, 140000);

  for (const char* other : {"agx_orin_jp5", "orin_nano_jp6", "xavier_nx_jp5"}) {
    for (const ProbedSensor& probed : probe(SysfsTree(other))) {
      for (const Rail& rail : probed.rails) {
        EXPECT_THAT(rail.location, ::testing::Not(HasSubstr("sum"))) << other;
      }
    }
  }
}

TEST(Ina3221Hwmon, NeverPairsShuntVoltagesWithCurrents) {
  // in4_input is the shunt voltage of channel 1 in µV; a pair with curr4_input would be a rail of
  // several watts that does not exist.
  const auto sensors = probe(SysfsTree("orin_nano_jp6"));
  ASSERT_THAT(sensors, SizeIs(1));
  EXPECT_THAT(sensors.front().rails, SizeIs(3));
}

TEST(Ina3221Hwmon, CorrectsTheShuntsOfTheTx2NxDeviceTree) {
  const SysfsTree tree("tx2_nx_mainline");
  const auto sensors = probe(tree);
  const Rail& rail = sensors.front().rails.front();
  EXPECT_NEAR(rail.shunt->value(), 0.005, 1e-12);
  EXPECT_THAT(rail.model.source, HasSubstr("5 µΩ"));
  EXPECT_EQ(read_first(tree, sensors.front(), "VDD_IN").current_ua, 504000);
}

TEST(Ina3221Hwmon, NamesTheAttributeThatItMayNotReadAndTheRemedy) {
  SysfsTree tree("orin_nx_jp5");
  tree.fail("sys/class/hwmon/hwmon4/in1_input", EACCES);
  const auto sensors = probe(tree);
  ASSERT_THAT(sensors.front().unusable, SizeIs(1));
  const UnusableRail& rail = sensors.front().unusable.front();
  EXPECT_EQ(rail.name, "VDD_IN");
  EXPECT_THAT(rail.reason, HasSubstr("permission denied on "));
  EXPECT_THAT(rail.reason, HasSubstr("hwmon4/in1_input"));
  EXPECT_THAT(rail.remedy, HasSubstr("sudo"));
}

TEST(Ina3221Hwmon, ReadsRailsWhoseSettingsAreForRoot) {
  SysfsTree tree("orin_nx_jp5");
  tree.fail("sys/class/hwmon/hwmon4/samples", EACCES);
  tree.fail("sys/class/hwmon/hwmon4/update_interval", EACCES);
  const auto sensors = probe(tree);
  EXPECT_THAT(sensors.front().unusable, IsEmpty());
  const Rail& rail = sensors.front().rails.front();
  EXPECT_FALSE(effective_time_constant(rail.model));
  EXPECT_THAT(rail.model.source, HasSubstr("samples=unreadable"));
}

TEST(Ina3221Hwmon, ReportsAChipThatDoesNotAnswer) {
  SysfsTree tree("orin_nano_jp6");
  for (int n = 1; n <= 3; ++n) {
    tree.fail("sys/class/hwmon/hwmon3/in" + std::to_string(n) + "_input", EIO);
  }
  const auto sensors = probe(tree);
  EXPECT_THAT(sensors.front().rails, IsEmpty());
  EXPECT_THAT(sensors.front().unusable.front().reason, HasSubstr("does not answer"));
}

}  // namespace
}  // namespace layerwatt
