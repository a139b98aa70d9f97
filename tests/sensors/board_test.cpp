#include "layerwatt/sensors/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "layerwatt/sensors/detect_board.h"

#include "sensors/sysfs_tree.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::SysfsTree;

Board detect(const SysfsTree& tree) {
  auto board = detect_board(tree.root());
  EXPECT_TRUE(board) << board.error().to_string();
  return *std::move(board);
}

std::vector<std::string> rail_names(const Board& board) {
  std::vector<std::string> names;
  for (const ProbedSensor& sensor : board.sensors) {
    for (const Rail& rail : sensor.rails) names.push_back(rail.name);
  }
  return names;
}

/// What each tree is recognised as, and its best total.
struct Expected {
  const char* tree;
  const char* name;
  const char* module;
  const char* soc;
  const char* l4t;
  const char* jetpack;
  std::vector<std::string> total;
};

class EveryBoard : public ::testing::TestWithParam<Expected> {};

TEST_P(EveryBoard, IsRecognisedWithItsReleaseAndTotal) {
  const Expected& expected = GetParam();
  const Board board = detect(SysfsTree(expected.tree));
  EXPECT_EQ(board.name, expected.name);
  EXPECT_EQ(board.module, expected.module);
  EXPECT_EQ(board.soc, expected.soc);
  EXPECT_EQ(board.l4t, expected.l4t);
  EXPECT_EQ(board.jetpack, expected.jetpack);
  if (expected.total.empty()) {
    EXPECT_THAT(board.totals, IsEmpty());
    EXPECT_FALSE(board.no_total_reason.empty());
  } else {
    ASSERT_FALSE(board.totals.empty()) << board.no_total_reason;
    EXPECT_EQ(board.totals.front().rails, expected.total);
    EXPECT_FALSE(board.totals.front().why.empty());
    EXPECT_TRUE(board.no_total_reason.empty());
  }
}

TEST_P(EveryBoard, HasRailsThatCanBeFoundOpenedAndRead) {
  const SysfsTree tree(GetParam().tree);
  const Board board = detect(tree);
  for (const ProbedSensor& probed : board.sensors) {
    if (probed.rails.empty()) continue;
    auto sensor = open_sensor(tree.root(), probed);
    ASSERT_TRUE(sensor) << sensor.error().to_string();
    ASSERT_EQ((*sensor)->rails().size(), probed.rails.size());
    std::vector<Reading> readings(probed.rails.size());
    (*sensor)->read(readings);
    for (std::size_t i = 0; i < readings.size(); ++i) {
      EXPECT_EQ((*sensor)->rails()[i].name, probed.rails[i].name);
      EXPECT_EQ(readings[i].status, ReadStatus::kOk) << probed.rails[i].name;
      EXPECT_TRUE(find_rail(board, probed.rails[i].name)) << probed.rails[i].name;
    }
  }
}

std::string test_name(const ::testing::TestParamInfo<Expected>& info) { return info.param.tree; }

const std::vector<std::string> kSixRails{"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"};
const std::vector<std::string> kAgxOrin{"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"};

INSTANTIATE_TEST_SUITE_P(
    Trees, EveryBoard,
    ::testing::Values(
        Expected{"orin_nano_jp6",
                 "Jetson Orin Nano",
                 "p3767-0005",
                 "tegra234",
                 "36.4.3",
                 "6.2",
                 {"VDD_IN"}},
        Expected{"orin_nx_jp5",
                 "Jetson Orin NX",
                 "p3767-0000",
                 "tegra234",
                 "35.4.1",
                 "5.1.2",
                 {"VDD_IN"}},
        Expected{"agx_orin_jp6", "Jetson AGX Orin", "p3701-0000", "tegra234", "36.3.0", "6.0",
                 kAgxOrin},
        Expected{"agx_orin_jp5", "Jetson AGX Orin", "p3701-0000", "tegra234", "35.3.1", "5.1.1",
                 kAgxOrin},
        Expected{"igx_orin_jp6", "IGX Orin", "p3701-0008", "tegra234", "36.3.0", "6.0", kAgxOrin},
        Expected{"xavier_nx_jp5",
                 "Jetson Xavier NX",
                 "p3668-0000",
                 "tegra194",
                 "35.4.1",
                 "5.1.2",
                 {"VDD_IN"}},
        Expected{"agx_xavier_jp5", "Jetson AGX Xavier", "p2888-0001", "tegra194", "35.1.0", "5.0.2",
                 kSixRails},
        Expected{"agx_xavier_jp4", "Jetson AGX Xavier", "p2972-0000", "tegra194", "32.7.1", "4.6.1",
                 kSixRails},
        Expected{"tx1_mainline", "Jetson TX1", "p2371-2180", "tegra210", "", "", {"VDD_IN"}},
        Expected{"tx2_jp4", "Jetson TX2", "p3310-1000", "tegra186", "32.6.1", "4.6", {"VDD_IN"}},
        Expected{"tx2_nx_mainline", "Jetson TX2 NX", "p3636-0001", "tegra186", "", "", {"VDD_IN"}},
        Expected{"nano_4gb_jp4",
                 "Jetson Nano",
                 "p3448-0000-b00",
                 "tegra210",
                 "32.7.1",
                 "4.6.1",
                 {"POM_5V_IN"}},
        Expected{"nano_2gb_jp4", "Jetson Nano 2GB", "p3448-0003", "tegra210", "32.6.1", "4.6", {}},
        Expected{"thor_jp7", "Jetson AGX Thor", "p3834-0008", "tegra264", "38.2.0", "7.0", {"VIN"}},
        Expected{"unknown_arm", "ACME Power Devboard", "", "", "", "", {}},
        Expected{"laptop_x86", "ACME Laptop 14", "", "", "", "", {"package-0"}},
        Expected{"server_x86", "ACME Server 2U", "", "", "", "", {}}),
    test_name);

TEST(Board, AddsTheCarrierOfATx2AsASecondTotal) {
  const Board board = detect(SysfsTree("tx2_jp4"));
  ASSERT_THAT(board.totals, SizeIs(2));
  EXPECT_EQ(board.totals[1].name, "module + carrier");
  EXPECT_THAT(board.totals[1].rails, ElementsAre("VDD_IN", "VDD_MUX"));
}

TEST(Board, ListsTheRailsOfAnUnknownBoardAndRefusesToAddThemUp) {
  const Board board = detect(SysfsTree("unknown_arm"));
  EXPECT_FALSE(board.is_known);
  EXPECT_THAT(rail_names(board), ElementsAre("CORE", "3-0040:2", "MEM", "ina226:power1"));
  EXPECT_THAT(board.totals, IsEmpty());
  EXPECT_THAT(board.no_total_reason, HasSubstr("not added up"));
}

TEST(Board, TakesTheOneInputRailOfAnUnknownBoardAsItsTotal) {
  SysfsTree tree("unknown_arm");
  tree.set("sys/class/hwmon/hwmon1/in1_label", "VDD_IN");
  EXPECT_THAT(detect(tree).totals.front().rails, ElementsAre("VDD_IN"));
}

TEST(Board, TakesNoTotalWhereTwoRailsAreInputsByTheirNames) {
  SysfsTree tree("unknown_arm");
  tree.set("sys/class/hwmon/hwmon1/in1_label", "VDD_IN");
  tree.set("sys/class/hwmon/hwmon1/in3_label", "VIN");
  EXPECT_THAT(detect(tree).totals, IsEmpty());
}

TEST(Board, SaysWhichRailOfTheTotalCannotBeReadAndWhatToDo) {
  SysfsTree tree("orin_nx_jp5");
  for (int n = 1; n <= 3; ++n) {
    for (const char* kind : {"in", "curr"}) {
      tree.fail("sys/class/hwmon/hwmon4/" + std::string(kind) + std::to_string(n) + "_input",
                EACCES);
    }
  }
  const Board board = detect(tree);
  EXPECT_THAT(board.totals, IsEmpty());
  EXPECT_THAT(board.no_total_reason, HasSubstr("VDD_IN is missing (permission denied on "));
  ASSERT_THAT(board.sensors.front().unusable, SizeIs(3));
  EXPECT_THAT(board.sensors.front().unusable.front().remedy, HasSubstr("udev"));
  const auto rail = find_rail(board, "VDD_IN");
  ASSERT_FALSE(rail);
  EXPECT_THAT(rail.error().message(), HasSubstr("permission denied"));
}

TEST(Board, GivesRailsOfOneNameOnTwoChipsDifferentNames) {
  SysfsTree tree("agx_xavier_jp5");
  tree.set("sys/class/hwmon/hwmon2/in1_label", "GPU");
  const Board board = detect(tree);
  EXPECT_THAT(rail_names(board),
              ElementsAre("GPU", "CPU", "SOC", "GPU@1-0041 channel 1", "VDDRQ", "SYS5V"));
  auto sensor = open_sensor(tree.root(), board.sensors[1], {{"GPU@1-0041 channel 1"}});
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  EXPECT_EQ((*sensor)->rails().front().location, "1-0041 channel 1");
}

TEST(Board, PrefersThePlatformCounterToTheSumOfPackages) {
  SysfsTree tree("laptop_x86");
  tree.set("sys/class/powercap/intel-rapl:1/name", "psys");
  tree.set("sys/class/powercap/intel-rapl:1/energy_uj", "5000");
  EXPECT_THAT(detect(tree).totals.front().rails, ElementsAre("psys"));
}

TEST(Board, AddsUpThePackagesOfTwoSockets) {
  SysfsTree tree("server_x86");
  for (const char* zone : {"0", "1", "1:0"}) {
    const std::string file = std::string("sys/class/powercap/intel-rapl:") + zone + "/energy_uj";
    tree.recover(file);
    tree.set(file, "1000");
  }
  EXPECT_THAT(detect(tree).totals.front().rails, ElementsAre("package-0", "package-1"));
}

TEST(Board, OffersTheBatteryThatDischargesBesideTheProcessors) {
  const Board board = detect(SysfsTree("laptop_x86"));
  ASSERT_THAT(board.totals, SizeIs(2));
  EXPECT_THAT(board.totals[1].rails, ElementsAre("BAT0"));
}

TEST(Board, NamesNearRailsWhereOneIsMistyped) {
  const auto rail = find_rail(detect(SysfsTree("orin_nano_jp6")), "VDD_in2");
  ASSERT_FALSE(rail);
  EXPECT_EQ(rail.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(rail.error().message(), HasSubstr("did you mean 'VDD_IN'"));
}

TEST(Board, OfASimulationIsVirtualWithAllItsRails) {
  SysfsTree tree("orin_nano_jp6");
  EXPECT_FALSE(detect(tree).is_virtual);
  tree.write("proc/device-tree/model", std::string("virtual Jetson Orin Nano\0", 25));
  const Board board = detect(tree);
  EXPECT_TRUE(board.is_virtual);
  EXPECT_EQ(board.name, "virtual Jetson Orin Nano");
  for (const ProbedSensor& sensor : board.sensors) {
    const auto opened = open_sensor(tree.root(), sensor);
    ASSERT_TRUE(opened) << opened.error().to_string();
    for (const Rail& rail : (*opened)->rails()) EXPECT_TRUE(rail.is_virtual) << rail.name;
  }
}

TEST(Board, OfAnEmptyTreeIsAMachineWithoutSensors) {
  const Board board = detect(SysfsTree());
  EXPECT_EQ(board.name, "unknown machine");
  EXPECT_THAT(board.sensors, IsEmpty());
  EXPECT_THAT(board.no_total_reason, HasSubstr("no power sensor"));
}

}  // namespace
}  // namespace layerwatt
