#include "layerwatt/sensors/own_boards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"

#include "dataset/temporary_folder.h"
#include "sensors/boards/own_boards.h"
#include "sensors/sysfs_tree.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SysfsTree;

constexpr const char* kOneBoard =
    R"({"boards": [{"title": "Camera 3", "compatible": ["acme,camera"],
  "modules": ["p3767-0000"],
  "rails": [{"name": "VDD_IN", "covers": "module and camera", "milliohm": 5}],
  "totals": [{"rails": ["VDD_IN", "VDD_SOC"], "why": "the schematic, sheet 4"}]}]})";

TEST(OwnBoards, GivesTitlesRailsAndTotals) {
  const auto boards = parse_own_boards(kOneBoard);
  ASSERT_TRUE(boards) << boards.error().to_string();
  ASSERT_EQ(boards->boards.size(), 1U);
  const KnownBoard& board = boards->boards.front().board;
  EXPECT_EQ(board.title, "Camera 3");
  EXPECT_EQ(board.rails.at(0).milliohms, 5.0);
  EXPECT_EQ(board.totals.at(0).name, "total");
  EXPECT_THAT(board.totals.at(0).rails, ElementsAre("VDD_IN", "VDD_SOC"));
}

TEST(OwnBoards, NamesTheMemberThatIsWrong) {
  const auto fault = [](std::string_view text) {
    const auto boards = parse_own_boards(text);
    return boards ? std::string() : boards.error().message();
  };
  EXPECT_THAT(fault("[]"), HasSubstr("the file: expected an object"));
  EXPECT_THAT(fault("{}"), HasSubstr("the file.boards: expected a list of boards"));
  EXPECT_THAT(fault(R"({"boards": [{"model": "x", "no_total": "y"}]})"),
              HasSubstr("boards[0].title"));
  EXPECT_THAT(fault(R"({"boards": [{"title": "a", "no_total": "y"}]})"),
              HasSubstr("one of modules, compatible and model"));
  EXPECT_THAT(fault(R"({"boards": [{"title": "a", "model": "x"}]})"), HasSubstr("no_total"));
  EXPECT_THAT(fault(R"({"boards": [{"title": "a", "model": "x", "totals": [{"rails": ["A"]}]}]})"),
              HasSubstr("boards[0].totals[0].why"));
  EXPECT_THAT(fault(R"({"boards": [{"title": "a", "model": 3, "no_total": "y"}]})"),
              HasSubstr("boards[0].model: expected a text"));
}

TEST(OwnBoards, StandsBeforeTheTableAndKnowsBoardsThatItDoesNot) {
  const TemporaryFolder folder;
  const SysfsTree nano("orin_nano_jp6");
  SystemRoot root = nano.root();
  const std::string mine =
      R"({"boards": [{"title": "Mine", "modules": ["p3767"], "totals": [{"name": "total",
          "rails": ["VDD_SOC"], "why": "for a test"}]}]})";
  root.options["boards"] = folder.write("boards.json", mine).string();
  const auto board = detect_board(root);
  ASSERT_TRUE(board);
  EXPECT_EQ(board->name, "Mine");
  EXPECT_TRUE(board->is_known);
  EXPECT_THAT(board->totals.front().rails, ElementsAre("VDD_SOC"));

  const SysfsTree arm("unknown_arm");
  SystemRoot other = arm.root();
  const auto before = detect_board(other);
  ASSERT_TRUE(before);
  ASSERT_TRUE(before->totals.empty());
  const std::string rail = before->sensors.front().rails.front().name;
  const std::string by_model = R"({"boards": [{"title": "Theirs", "model": ")" + before->name +
                               R"(", "totals": [{"rails": [")" + rail +
                               R"("], "why": "its label"}]}]})";
  other.options["boards"] = folder.write("arm.json", by_model).string();
  const auto after = detect_board(other);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->name, "Theirs");
  EXPECT_THAT(after->totals.front().rails, ElementsAre(rail));

  other.options["boards"] = (folder.path() / "none.json").string();
  EXPECT_FALSE(detect_board(other));
  other.options["boards"] = folder.write("bad.json", "{").string();
  const auto bad = detect_board(other);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().to_string(), HasSubstr("bad.json"));
}

}  // namespace
}  // namespace layerwatt
