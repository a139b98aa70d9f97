#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"

#include "sensors/sysfs_tree.h"

// The adapters of IIO, INA238, RAPL, batteries and generic hwmon.

namespace layerwatt {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::SysfsTree;

struct Looked {
  std::vector<Rail> rails;
  std::vector<UnusableRail> unusable;
  std::vector<ProbedSensor> sensors;
};

/// What the sensors of one kind have.
Looked look(const SysfsTree& tree, std::string_view kind) {
  Looked looked;
  auto board = detect_board(tree.root());
  EXPECT_TRUE(board) << board.error().to_string();
  for (ProbedSensor& sensor : board->sensors) {
    if (sensor.kind != kind) continue;
    looked.rails.insert(looked.rails.end(), sensor.rails.begin(), sensor.rails.end());
    looked.unusable.insert(looked.unusable.end(), sensor.unusable.begin(), sensor.unusable.end());
    looked.sensors.push_back(std::move(sensor));
  }
  return looked;
}

std::vector<std::string> names(const Looked& looked) {
  std::vector<std::string> result;
  for (const Rail& rail : looked.rails) result.push_back(rail.name);
  return result;
}

std::unique_ptr<Sensor> open_rail(const SysfsTree& tree, const Looked& looked,
                                  const std::string& name) {
  for (const ProbedSensor& probed : looked.sensors) {
    for (const Rail& rail : probed.rails) {
      if (rail.name != name) continue;
      auto sensor = open_sensor(tree.root(), probed, {{name}});
      EXPECT_TRUE(sensor) << sensor.error().to_string();
      return *std::move(sensor);
    }
  }
  ADD_FAILURE() << "no rail " << name;
  return nullptr;
}

Reading read_one(Sensor& sensor) {
  Reading reading{};
  sensor.read({&reading, 1});
  return reading;
}

TEST(Ina3221Iio, PrefersThePowerOfOneRead) {
  const SysfsTree tree("tx2_jp4");
  const Looked looked = look(tree, "ina3221-iio");
  EXPECT_THAT(names(looked), Contains("VDD_IN"));
  EXPECT_EQ(looked.rails.front().location, "0-0040 channel 0");
  EXPECT_EQ(looked.rails.front().kind, RailKind::kPower);
  const Reading reading = read_one(*open_rail(tree, looked, "VDD_IN"));
  EXPECT_EQ(reading.power_uw, 3068000);
  EXPECT_EQ(reading.voltage_uv, kNoValue32);
}

TEST(Ina3221Iio, TakesShuntAndStepFromTheBoardTable) {
  const Looked looked = look(SysfsTree("tx2_jp4"), "ina3221-iio");
  const auto rail = std::find_if(looked.rails.begin(), looked.rails.end(),
                                 [](const Rail& r) { return r.name == "VDD_IN"; });
  EXPECT_NEAR(rail->shunt->value(), 0.005, 1e-12);
  EXPECT_NEAR(in_milliwatts(*rail->model.lsb), 153.4, 0.1);
  EXPECT_EQ(rail->model.provenance, Provenance::kDatasheet);
  EXPECT_NEAR(to_seconds(*effective_time_constant(rail->model)), 0.419, 0.001);
}

TEST(Ina3221Iio, ReadsTheFolderOfOlderReleasesAndNamesRailsWithoutAName) {
  const Looked looked = look(SysfsTree("nano_4gb_jp4"), "ina3221-iio");
  EXPECT_THAT(names(looked), ElementsAre("POM_5V_IN", "POM_5V_GPU", "6-0040:2"));
}

TEST(Ina3221Iio, ReadsVoltageAndCurrentWithUnitsWhereThereIsNoPower) {
  SysfsTree tree("nano_4gb_jp4");
  const std::string chip = "sys/bus/i2c/drivers/ina3221x/6-0040/iio_device/";
  tree.remove(chip + "in_power0_input");
  tree.set(chip + "in_voltage0_input", "5088 mv");
  tree.set(chip + "in_current0_input", "-4 ma");
  const Looked looked = look(tree, "ina3221-iio");
  const Reading reading = read_one(*open_rail(tree, looked, "POM_5V_IN"));
  EXPECT_EQ(reading.status, ReadStatus::kOk);
  EXPECT_EQ(reading.voltage_uv, 5088000);
  EXPECT_EQ(reading.current_ua, -4000);
}

TEST(Ina3221Iio, KnowsTriggeredModeAsUnfiltered) {
  SysfsTree tree("nano_4gb_jp4");
  tree.set("sys/bus/i2c/drivers/ina3221x/6-0040/iio_device/running_mode", "0");
  EXPECT_EQ(look(tree, "ina3221-iio").rails.front().model.averaging, Averaging::kNone);
}

TEST(Ina238, ReadsThePowerOfThorsInput) {
  const SysfsTree tree("thor_jp7");
  const Looked looked = look(tree, "ina238");
  EXPECT_THAT(names(looked), ElementsAre("VIN"));
  EXPECT_EQ(looked.rails.front().model.averaging, Averaging::kBlock);
  EXPECT_NEAR(to_milliseconds(*effective_time_constant(looked.rails.front().model)), 25.2, 0.1);
  EXPECT_EQ(read_one(*open_rail(tree, looked, "VIN")).power_uw, 27250000);
}

TEST(Ina238, IsThorsInputEvenWithoutALabel) {
  SysfsTree tree("thor_jp7");
  tree.remove("sys/class/hwmon/hwmon2/in1_label");
  EXPECT_THAT(names(look(tree, "ina238")), ElementsAre("VIN"));
}

TEST(Ina238, IsNotClaimedByTheGenericAdapter) {
  EXPECT_THAT(look(SysfsTree("thor_jp7"), "hwmon-power").rails, IsEmpty());
}

TEST(Rapl, ListsZonesWithTheirParents) {
  const Looked looked = look(SysfsTree("laptop_x86"), "rapl");
  EXPECT_THAT(names(looked),
              ElementsAre("package-0", "package-0/core", "package-0/uncore", "package-0/dram"));
  EXPECT_EQ(looked.rails.front().kind, RailKind::kEnergyCounter);
  EXPECT_NEAR(looked.rails.front().counter_range->value(), 262143.32885, 1e-6);
  EXPECT_THAT(looked.rails[1].coverage, HasSubstr("inside package-0"));
}

TEST(Rapl, LeavesOutTheSameZoneReachedThroughMemory) {
  const Looked looked = look(SysfsTree("laptop_x86"), "rapl");
  ASSERT_EQ(looked.unusable.size(), 1u);
  EXPECT_EQ(looked.unusable.front().location, "intel-rapl-mmio:0");
}

TEST(Rapl, UsesTheZoneThroughMemoryWhereItIsTheOnlyOne) {
  SysfsTree tree("laptop_x86");
  for (const char* zone : {"intel-rapl:0", "intel-rapl:0:0", "intel-rapl:0:1", "intel-rapl:0:2"}) {
    tree.remove(std::string("sys/class/powercap/") + zone);
  }
  const Looked looked = look(tree, "rapl");
  EXPECT_THAT(names(looked), ElementsAre("package-0"));
}

TEST(Rapl, SaysThatCountersAreForRoot) {
  const Looked looked = look(SysfsTree("server_x86"), "rapl");
  EXPECT_THAT(looked.rails, IsEmpty());
  ASSERT_EQ(looked.unusable.size(), 3u);
  EXPECT_THAT(looked.unusable.front().reason, HasSubstr("CAP_DAC_READ_SEARCH"));
  EXPECT_EQ(looked.unusable.back().name, "package-1/dram");
}

TEST(Battery, GivesTheProductOfVoltageAndCurrentWhileItDischarges) {
  SysfsTree tree("laptop_x86");
  const Looked looked = look(tree, "battery");
  EXPECT_THAT(names(looked), ElementsAre("BAT0"));
  auto sensor = open_rail(tree, looked, "BAT0");
  EXPECT_EQ(read_one(*sensor).voltage_uv, 11520000);
  EXPECT_EQ(read_one(*sensor).current_ua, 812000);
  // Some drivers count what leaves the battery as negative.
  tree.set("sys/class/power_supply/BAT0/current_now", "-812000");
  EXPECT_EQ(read_one(*sensor).current_ua, 812000);
  tree.set("sys/class/power_supply/BAT0/status", "Charging");
  EXPECT_EQ(read_one(*sensor).status, ReadStatus::kDisabled);
}

TEST(Battery, PrefersThePowerThatTheGaugeTells) {
  SysfsTree tree("laptop_x86");
  tree.set("sys/class/power_supply/BAT0/power_now", "-9354000");
  const Looked looked = look(tree, "battery");
  EXPECT_EQ(read_one(*open_rail(tree, looked, "BAT0")).power_uw, 9354000);
}

TEST(Battery, IsUnusableWhileItCharges) {
  SysfsTree tree("laptop_x86");
  tree.set("sys/class/power_supply/BAT0/status", "Charging");
  const Looked looked = look(tree, "battery");
  EXPECT_THAT(looked.rails, IsEmpty());
  ASSERT_EQ(looked.unusable.size(), 1u);
  EXPECT_THAT(looked.unusable.front().reason, HasSubstr("'Charging'"));
}

TEST(Battery, IgnoresUsbPortsMainsAndThePenOfATablet) {
  SysfsTree tree("laptop_x86");
  tree.set("sys/class/power_supply/ucsi-source-psy-USBC000:001/type", "Battery");
  tree.set("sys/class/power_supply/wacom_battery_0/type", "Battery");
  tree.set("sys/class/power_supply/wacom_battery_0/scope", "Device");
  EXPECT_THAT(names(look(tree, "battery")), ElementsAre("BAT0"));
}

TEST(HwmonPower, ReadsThePowerOrItsAverage) {
  const SysfsTree laptop("laptop_x86");
  const Looked looked = look(laptop, "hwmon-power");
  EXPECT_THAT(names(looked), ElementsAre("PPT"));
  EXPECT_EQ(read_one(*open_rail(laptop, looked, "PPT")).power_uw, 7034000);
  const SysfsTree board("unknown_arm");
  EXPECT_THAT(names(look(board, "hwmon-power")), ElementsAre("ina226:power1"));
}

TEST(HwmonPower, TakesAveragesOfAnIna226FromItsInterval) {
  SysfsTree tree("unknown_arm");
  const std::string chip = "sys/class/hwmon/hwmon0/";
  const auto model = [&] { return look(tree, "hwmon-power").rails.front().model; };
  // No interval is shown: nothing is known.
  EXPECT_EQ(model().period, std::nullopt);
  tree.set(chip + "update_interval", "35");
  tree.set(chip + "shunt_resistor", "2000");
  EXPECT_EQ(model().averaging, Averaging::kBlock);
  EXPECT_EQ(model().average_count, 16);
  EXPECT_EQ(model().period, std::chrono::microseconds(2200));
  EXPECT_EQ(model().conversion_window, std::chrono::microseconds(1100));
  EXPECT_EQ(model().provenance, Provenance::kDeclared);
  // 2.5 µV over 2 mΩ are 1.25 mA.
  EXPECT_NEAR(model().lsb->value(), 25 * 1.25e-3, 1e-12);
  EXPECT_NEAR(look(tree, "hwmon-power").rails.front().shunt->value(), 2e-3, 1e-12);
  tree.set(chip + "update_interval", "2");
  EXPECT_EQ(model().averaging, Averaging::kNone);
  EXPECT_EQ(model().average_count, 1);
  tree.set(chip + "update_interval", "36");
  EXPECT_EQ(model().period, std::nullopt);
  EXPECT_THAT(model().source, HasSubstr("measure it"));
}

TEST(HwmonPower, KnowsWhatTheDriverSetsOfAnIna219) {
  SysfsTree tree("unknown_arm");
  const std::string chip = "sys/class/hwmon/hwmon0/";
  tree.set(chip + "name", "ina219");
  tree.set(chip + "shunt_resistor", "10000");
  const Looked looked = look(tree, "hwmon-power");
  ASSERT_THAT(names(looked), ElementsAre("ina219:power1"));
  const SensorModel& model = looked.rails.front().model;
  EXPECT_EQ(model.averaging, Averaging::kNone);
  EXPECT_EQ(model.period, std::chrono::microseconds(1064));
  EXPECT_NEAR(model.lsb->value(), 20e-3, 1e-12);
}

TEST(HwmonPower, PairsVoltageAndCurrentOfKnownChipsOnly) {
  SysfsTree tree("unknown_arm");
  const std::string chip = "sys/class/hwmon/hwmon0/";
  tree.remove(chip + "power1_input");
  Looked looked = look(tree, "hwmon-power");
  ASSERT_THAT(names(looked), ElementsAre("ina226:in1*curr1"));
  // in0 is the shunt.
  EXPECT_EQ(read_one(*open_rail(tree, looked, "ina226:in1*curr1")).voltage_uv, 12008000);
  tree.set(chip + "name", "mystery");
  EXPECT_THAT(look(tree, "hwmon-power").rails, IsEmpty());
}

TEST(HwmonPower, PairsByLabelWhereTheNumbersDiffer) {
  SysfsTree tree;
  const std::string chip = "sys/class/hwmon/hwmon0/";
  tree.set(chip + "name", "mystery");
  tree.set(chip + "in1_input", "3300");
  tree.set(chip + "in1_label", "other");
  tree.set(chip + "in4_input", "12000");
  tree.set(chip + "in4_label", "12V");
  tree.set(chip + "curr1_input", "2000");
  tree.set(chip + "curr1_label", "12V");
  const Looked looked = look(tree, "hwmon-power");
  ASSERT_THAT(names(looked), ElementsAre("12V"));
  const Reading reading = read_one(*open_rail(tree, looked, "12V"));
  EXPECT_EQ(reading.voltage_uv, 12000000);
  EXPECT_EQ(reading.current_ua, 2000000);
}

TEST(HwmonPower, TakesACounterOfEnergyWhereThereIsNoPower) {
  SysfsTree tree;
  const std::string chip = "sys/class/hwmon/hwmon0/";
  tree.set(chip + "name", "amd_energy");
  tree.set(chip + "energy1_input", "77000");
  tree.set(chip + "energy1_label", "Esocket0");
  const Looked looked = look(tree, "hwmon-power");
  ASSERT_THAT(names(looked), ElementsAre("Esocket0"));
  EXPECT_EQ(read_one(*open_rail(tree, looked, "Esocket0")).energy_uj, 77000);
}

}  // namespace
}  // namespace layerwatt
