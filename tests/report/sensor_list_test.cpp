#include "layerwatt/report/sensor_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layerwatt/sensors/detect_board.h"

#include "sensors/sysfs_tree.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SysfsTree;

SensorModel stock_model() {
  SensorModel model;
  model.period = 840us;
  model.averaging = Averaging::kExponential;
  model.average_count = 512;
  return model;
}

std::string listed(const std::string& tree, const std::optional<std::string>& rail = {},
                   bool json = false) {
  const SysfsTree files(tree);
  const auto board = detect_board(files.root());
  EXPECT_TRUE(board);
  std::ostringstream out;
  if (json) {
    write_sensor_list_json(out, *board, rail);
  } else {
    print_sensor_list(out, *board, rail, {160, false});
  }
  return out.str();
}

TEST(ReadingShare, IsTheStepResponseOfTheFilter) {
  EXPECT_NEAR(*reading_share(stock_model(), 1ms), 0.00233, 0.00001);
  EXPECT_NEAR(*reading_share(stock_model(), 10s), 1.0, 1e-9);
  SensorModel block;
  block.period = 3156us;
  block.averaging = Averaging::kBlock;
  block.average_count = 16;
  EXPECT_NEAR(*reading_share(block, 5050us), 0.1, 0.0001);
  SensorModel counter;
  counter.period = 1ms;
  EXPECT_EQ(*reading_share(counter, 2ms), 1.0);
  EXPECT_EQ(reading_share(SensorModel{}, 1ms), std::nullopt);
}

TEST(TimeConstantMeaning, AdvisesWhereSingleReadingsCannotTellLayersApart) {
  const std::string text = time_constant_meaning(stock_model());
  EXPECT_THAT(text, HasSubstr("time constant of 430 ms"));
  EXPECT_THAT(text, HasSubstr("A layer of 1 ms moves it by 0.23 % of its power"));
  EXPECT_THAT(text, HasSubstr("--schedule weighing"));
  EXPECT_THAT(time_constant_meaning(SensorModel{}), HasSubstr("not known"));
}

TEST(SensorList, ShowsBoardRailsTotalAndReasons) {
  const std::string text = listed("agx_orin_jp6");
  EXPECT_THAT(text, HasSubstr("Jetson AGX Orin (module p3701-0000, tegra234), JetPack 6.0, Jetson "
                              "Linux 36.3.0"));
  EXPECT_THAT(text, HasSubstr("Total: VDD_GPU_SOC + VDD_CPU_CV + VIN_SYS_5V0"));
  EXPECT_THAT(text, HasSubstr("counted twice"));
  EXPECT_THAT(text, HasSubstr("394 mW"));
  EXPECT_THAT(text, HasSubstr("2.00 mΩ"));
  EXPECT_THAT(text, HasSubstr("1-0041:1 at 1-0041 channel 1: the channel is switched off"));
}

TEST(SensorList, SaysWhyThereIsNoTotal) {
  EXPECT_THAT(listed("nano_2gb_jp4"), HasSubstr("No total: the Jetson Nano 2GB has no power"));
  EXPECT_THAT(listed("unknown_arm"), HasSubstr("not added up"));
}

TEST(SensorList, NamesTheRemedyOfRailsThatCannotBeRead) {
  const std::string text = listed("server_x86");
  EXPECT_THAT(text, HasSubstr("permission denied"));
  EXPECT_THAT(text, HasSubstr("Remedy: run with sudo"));
}

TEST(SensorList, CallsASimulatedBoardVirtual) {
  SysfsTree files("orin_nano_jp6");
  files.write("proc/device-tree/model", std::string("virtual Jetson Orin Nano\0", 25));
  const auto board = detect_board(files.root());
  ASSERT_TRUE(board);
  std::ostringstream text;
  print_sensor_list(text, *board, std::nullopt, {160, false});
  EXPECT_THAT(text.str(), HasSubstr("A VIRTUAL board"));
  EXPECT_THAT(text.str(), HasSubstr("ina3221-hwmon (virtual)"));
  std::ostringstream json;
  write_sensor_list_json(json, *board, std::nullopt);
  EXPECT_THAT(json.str(), HasSubstr("\"virtual\": true"));
}

TEST(SensorList, OfOneRailShowsThatRailAlone) {
  const std::string text = listed("orin_nano_jp6", "VDD_SOC");
  EXPECT_THAT(text, HasSubstr("VDD_SOC"));
  EXPECT_THAT(text, Not(HasSubstr("VDD_CPU_GPU_CV")));
}

TEST(SensorList, AsJsonHoldsNumbersAndNullWhereNothingIsKnown) {
  const std::string text = listed("orin_nano_jp6", std::nullopt, true);
  EXPECT_THAT(text, HasSubstr("\"jetpack\": \"6.2\""));
  EXPECT_THAT(text, HasSubstr("\"step_watt\": 0.0406"));
  EXPECT_THAT(text, HasSubstr("\"average_count\": 512"));
  EXPECT_THAT(text, HasSubstr("\"counter_range_joule\": null"));
  EXPECT_THAT(text, HasSubstr("\"total\""));
}

}  // namespace
}  // namespace layerwatt
