#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"
#include "layerwatt/sensors/present_readings.h"

#include "sensors/sysfs_tree.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SysfsTree;

Board detect(const SysfsTree& tree) {
  auto board = detect_board(tree.root());
  EXPECT_TRUE(board) << board.error().to_string();
  return *std::move(board);
}

/// A second INA3221 whose first channel is labelled as the module's input.
void add_chip(SysfsTree& tree, const std::string& hwmon, const std::string& place,
              const std::string& millivolts) {
  const std::string chip = "sys/class/hwmon/" + hwmon + "/";
  tree.set(chip + "name", "ina3221");
  tree.set(chip + "in1_label", "VDD_IN");
  tree.set(chip + "in1_enable", "1");
  tree.set(chip + "in1_input", millivolts);
  tree.set(chip + "curr1_input", "500");
  tree.set(chip + "shunt1_resistor", "10000");
  std::filesystem::create_directory_symlink("../../../devices/" + place,
                                            tree.path() / chip / "device");
}

Rail rail_named(const Board& board, const std::string& name) {
  const auto rail = find_rail(board, name);
  EXPECT_TRUE(rail) << rail.error().to_string();
  return rail ? *rail : Rail();
}

TEST(ModuleRails, AChipOfTheCarrierWithTheModulesLabelIsNotTakenForTheModule) {
  // Whatever address or bus it has, and whether it is listed before or behind.
  for (const auto& [hwmon, place] : {std::pair("hwmon0", "1-0041"), std::pair("hwmon9", "7-0041"),
                                     std::pair("hwmon0", "0-0040")}) {
    SCOPED_TRACE(place);
    SysfsTree tree("orin_nano_jp6");
    add_chip(tree, hwmon, place, "19200");
    const Board board = detect(tree);
    EXPECT_EQ(rail_named(board, "VDD_IN").location, "1-0040 channel 1");
    EXPECT_EQ(rail_named(board, "VDD_IN").coverage, "whole module");
    const std::string other = std::string("VDD_IN@") + place + " channel 1";
    EXPECT_EQ(rail_named(board, other).coverage, "");
    ASSERT_FALSE(board.totals.empty());
    EXPECT_THAT(board.totals.front().rails, ElementsAre("VDD_IN"));
  }
}

TEST(ModuleRails, WithoutTheModulesOwnChipThereIsNoTotal) {
  SysfsTree tree("orin_nano_jp6");
  std::filesystem::remove_all(tree.path() / "sys/class/hwmon");
  add_chip(tree, "hwmon1", "1-0041", "19200");
  const Board board = detect(tree);
  EXPECT_THAT(board.totals, IsEmpty());
  EXPECT_THAT(board.no_total_reason, HasSubstr("is not on the module's own chip"));
}

TEST(ModuleRails, OfAnUnknownBoardTwoInputsOfOneNameMakeNoTotal) {
  SysfsTree tree;
  add_chip(tree, "hwmon0", "1-0040", "5000");
  EXPECT_THAT(detect(tree).totals.front().rails, ElementsAre("VDD_IN"));
  add_chip(tree, "hwmon1", "1-0041", "19200");
  const Board board = detect(tree);
  EXPECT_THAT(board.totals, IsEmpty());
  EXPECT_THAT(board.no_total_reason, HasSubstr("--boards"));
}

TEST(RailAccess, ANumberThatIsNoReadingIsQuotedInsteadOfBeingRecordedForNothing) {
  SysfsTree tree;
  add_chip(tree, "hwmon0", "1-0040", "5000");
  for (const char* text : {"4294967295", "-2147483648", "12,5", ""}) {
    tree.set("sys/class/hwmon/hwmon0/curr1_input", text);
    const Board board = detect(tree);
    ASSERT_EQ(board.sensors.front().unusable.size(), 1U) << text;
    EXPECT_THAT(board.sensors.front().unusable.front().reason,
                HasSubstr("reads '" + std::string(text) + "'"));
    EXPECT_THAT(board.totals, IsEmpty());
  }
}

TEST(PresentReadings, AreVoltsAmperesAndWattsOfEachRail) {
  const SysfsTree tree("orin_nano_jp6");
  const Board board = detect(tree);
  const auto readings = PresentReader::open(tree.root(), board).read();
  ASSERT_EQ(readings.size(), 3U);
  EXPECT_EQ(readings[0].rail, "VDD_IN");
  EXPECT_NEAR(readings[0].voltage->value(), 5.08, 1e-9);
  EXPECT_NEAR(readings[0].current->value(), 0.712, 1e-9);
  EXPECT_NEAR(readings[0].power->value(), 3.61696, 1e-9);
  EXPECT_NEAR(power_of(board.totals.front(), readings)->value(), 3.61696, 1e-9);
}

TEST(PresentReadings, OfARailThatStoppedTellWhy) {
  SysfsTree tree("orin_nano_jp6");
  const Board board = detect(tree);
  PresentReader reader = PresentReader::open(tree.root(), board);
  tree.set("sys/class/hwmon/hwmon3/curr1_input", "nonsense");
  tree.fail("sys/class/hwmon/hwmon3/curr2_input", ENODATA);
  const auto readings = reader.read();
  EXPECT_FALSE(readings[0].power);
  EXPECT_THAT(readings[0].problem, HasSubstr("no number"));
  EXPECT_THAT(readings[1].problem, HasSubstr("switched off"));
  EXPECT_FALSE(power_of(board.totals.front(), readings));
}

}  // namespace
}  // namespace layerwatt
