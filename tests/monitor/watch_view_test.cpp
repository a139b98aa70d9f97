#include "monitor/watch/watch_view.h"

#include <gmock/gmock.h>

#include "monitor/watch/sparkline.h"
#include "monitor/watched_frame.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::watched_frame;

std::vector<std::string> texts(const std::vector<ViewLine>& lines) {
  std::vector<std::string> found;
  for (const ViewLine& line : lines) {
    found.push_back(line.text.substr(0, line.text.find_last_not_of(' ') + 1));
  }
  return found;
}

TEST(WatchView, FillsEightyByTwentyFour) {
  EXPECT_THAT(
      texts(draw(watched_frame(), {80, 24}, true)),
      ElementsAre(
          "layerwatt watch: virtual Jetson Orin Nano (virtual: nothing is measured) 0:01:15",
          "Total 4.60 W   mean 4.60 W   345.0 J   most 4.60 W   = VDD_IN",
          "                                                                               #",
          "                                                                               #",
          "                                                                             # #",
          "                                                                             # #",
          "Rail (* in the total)         W        V        A        J",
          "VDD_IN *                   4.60    5.000    0.920    345.0                   : #",
          "VDD_SOC                    1.25    5.000    0.250     93.8                   : #",
          "Temperatures cpu-thermal 45.2 C, gpu-thermal 44.0 C", "Clocks       cpu0 1510 MHz",
          "Mode         2 (15W), clocks locked",
          "Measuring    alexnet (onnxruntime, whole), 120 passes, 11.2 passes/s",
          "             409 mJ an inference", "", "", "", "", "", "", "", "", "",
          "q quit   r set energy back   p pause   + - faster, slower   a only ASCII"));
}

TEST(WatchView, FitsEverySize) {
  for (const bool ascii : {false, true}) {
    for (std::size_t columns = 0; columns <= 130; columns += 5) {
      for (std::size_t lines = 0; lines <= 50; ++lines) {
        const auto drawn = draw(watched_frame(), {columns, lines}, ascii);
        ASSERT_EQ(drawn.size(), lines);
        for (const ViewLine& line : drawn) ASSERT_LE(columns_of(line.text), columns) << line.text;
      }
    }
  }
}

TEST(WatchView, SaysWhatCannotBeRead) {
  WatchFrame frame = watched_frame();
  frame.rails[1].power.reset();
  frame.rails[1].voltage.reset();
  frame.rails[1].current.reset();
  frame.rails[1].unmeasured = std::chrono::milliseconds(12'500);
  const auto lines = draw(frame, {80, 24}, true);
  EXPECT_THAT(lines[8].text, HasSubstr("-        -        -     93.8  cannot be read now"));
  EXPECT_EQ(lines[8].style, ViewStyle::kAlarm);
  EXPECT_THAT(texts(lines), ::testing::Contains("Not measured: 12.5 s are in no joule"));
}

TEST(WatchView, SaysWhyThereIsNoTotal) {
  WatchFrame frame = watched_frame();
  frame.total.reset();
  frame.no_total_reason = "this board is not known";
  EXPECT_EQ(draw(frame, {80, 24}, true)[1].text, "No total: this board is not known");
}

TEST(WatchView, TakesNoOrdersFromNames) {
  WatchFrame frame = watched_frame();
  frame.rails[0].name = "\x1b[31mred\n";
  const auto lines = draw(frame, {80, 24}, true);
  EXPECT_THAT(lines[7].text, ::testing::StartsWith("?[31mred? *"));
}

TEST(Plot, DrawsEighthsOfBlocks) {
  const PowerHistory history{0.0, 1.0, 2.0, std::nullopt, 4.0, 8.0};
  EXPECT_THAT(plot(history, 8, 1, 0.0, false), ElementsAre("  ▁▁▂ ▄█"));
  EXPECT_THAT(plot(history, 3, 2, 0.0, false), ElementsAre("  █", " ██"));
  EXPECT_THAT(plot(history, 2, 1, 16.0, false), ElementsAre("▂▄"));
  EXPECT_THAT(plot({}, 3, 1, 0.0, false), ElementsAre("   "));
  EXPECT_THAT(plot({0.0, 0.0}, 2, 1, 0.0, true), ElementsAre(".."));
}

}  // namespace
}  // namespace layerwatt
