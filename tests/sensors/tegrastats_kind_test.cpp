#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"

#include "sensors/fake_tegrastats.h"
#include "sensors/sysfs_tree.h"

namespace layerwatt {
namespace {

using testing::FakeTegrastats;
using ::testing::HasSubstr;
using testing::SysfsTree;

constexpr const char* kLines =
    "while :; do echo 'RAM 1/2MB VDD_IN 4000mW/4000mW NC 0mW/0mW NC 1mW/1mW'; sleep 0.01; done";

SystemRoot root_with(const SysfsTree& tree, const FakeTegrastats& fake) {
  SystemRoot root = tree.root();
  root.options["tegrastats"] = fake.program();
  return root;
}

TEST(TegrastatsKind, IsLookedAtOnlyWhereItIsAskedFor) {
  const SysfsTree tree("orin_nano_jp6");
  const FakeTegrastats fake(kLines);
  const SystemRoot root = root_with(tree, fake);
  const auto usual = detect_board(root);
  ASSERT_TRUE(usual);
  for (const ProbedSensor& sensor : usual->sensors) EXPECT_NE(sensor.kind, "tegrastats");
  const auto asked = detect_board(root, "tegrastats");
  ASSERT_TRUE(asked) << asked.error().to_string();
  EXPECT_EQ(asked->name, "Jetson Orin Nano");
  ASSERT_EQ(asked->sensors.size(), 1U);
  EXPECT_EQ(asked->sensors.front().rails.size(), 3U);
  ASSERT_FALSE(asked->totals.empty());
  EXPECT_EQ(asked->totals.front().rails, std::vector<std::string>{"VDD_IN"});
}

TEST(TegrastatsKind, OpensRailsByNameAndPacesItself) {
  const SysfsTree tree("orin_nano_jp6");
  const FakeTegrastats fake(kLines);
  const SystemRoot root = root_with(tree, fake);
  const auto board = detect_board(root, "tegrastats");
  ASSERT_TRUE(board) << board.error().to_string();
  auto sensor = open_sensor(root, board->sensors.front(), {{"NC#2"}});
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  EXPECT_TRUE((*sensor)->paces_itself());
  Reading reading{};
  (*sensor)->read({&reading, 1});
  EXPECT_EQ(reading.power_uw, 1000);
}

TEST(TegrastatsKind, ThatIsNotThereOrShowsNoRailsIsAnErrorThatSaysSo) {
  const SysfsTree tree("orin_nano_jp6");
  SystemRoot root = tree.root();
  root.options["tegrastats"] = (tree.path() / "tegrastats").string();
  EXPECT_THAT(detect_board(root, "tegrastats").error().to_string(), HasSubstr("is not there"));
  const FakeTegrastats without("echo 'RAM 1/2MB'; exec sleep 60");
  EXPECT_THAT(detect_board(root_with(tree, without), "tegrastats").error().to_string(),
              HasSubstr("root alone"));
}

TEST(Board, OfAKindOfSensorThatDoesNotExistIsAnError) {
  const SysfsTree tree("orin_nano_jp6");
  const auto board = detect_board(tree.root(), "tegrastat");
  ASSERT_FALSE(board);
  EXPECT_EQ(board.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(board.error().message(), HasSubstr("did you mean 'tegrastats'"));
}

}  // namespace
}  // namespace layerwatt
