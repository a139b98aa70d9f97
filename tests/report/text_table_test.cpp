#include "layerwatt/report/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace layerwatt {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DisplayWidth, CountsColumnsOfTheTerminal) {
  EXPECT_EQ(display_width("conv1"), 5U);
  EXPECT_EQ(display_width("µJ"), 2U);
  EXPECT_EQ(display_width("卷积"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);  // e and a combining acute accent
  EXPECT_EQ(display_width(""), 0U);
}

TEST(Printable, NeutralisesWhatWouldSteerTheTerminal) {
  EXPECT_EQ(printable("\x1b[31mred"), "\xEF\xBF\xBD[31mred");
  EXPECT_EQ(printable("a\nb"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(printable("a\xE2\x80\xAE"
                      "b"),
            "a\xEF\xBF\xBD"
            "b");  // U+202E
  EXPECT_EQ(printable("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable("/features/0 µ 卷"), "/features/0 µ 卷");
}

TEST(ShortenMiddle, KeepsBothEnds) {
  EXPECT_EQ(shorten_middle("features.0.convolution", 10), "feat…ution");
  EXPECT_EQ(shorten_middle("short", 10), "short");
  EXPECT_EQ(shorten_middle("abc", 1), "…");
  EXPECT_EQ(shorten_middle("abc", 0), "");
}

TEST(ShortenMiddle, NeverCutsACharacterAndNeverExceedsTheWidth) {
  const std::string text = "卷积卷积卷积e\xCC\x81µ";
  for (std::size_t width = 0; width < 16; ++width) {
    const std::string shortened = shorten_middle(text, width);
    EXPECT_LE(display_width(shortened), width);
    EXPECT_EQ(printable(shortened), shortened);
  }
}

std::string print(const TextTable& table, TableStyle style) {
  std::ostringstream out;
  table.print(out, style);
  return out.str();
}

TextTable example() {
  TextTable table({{"Layer", Align::kLeft, true, 8}, {"Power", Align::kRight}});
  table.add_row({"features.0.convolution", "1.25 W"});
  table.add_row({"µ", {"unresolved", Color::kYellow}});
  table.add_rule();
  table.add_row({"total"});
  return table;
}

TEST(TextTable, AlignsColumnsAndRulesOffTheTotals) {
  EXPECT_EQ(print(example(), {100, false}),
            "Layer                        Power\n"
            "──────────────────────────────────\n"
            "features.0.convolution      1.25 W\n"
            "µ                       unresolved\n"
            "──────────────────────────────────\n"
            "total                             \n");
}

TEST(TextTable, ShortensOnlyWhatMayShrinkToFitTheWidth) {
  const std::string text = print(example(), {24, false});
  EXPECT_NE(text.find("featu…lution      1.25 W\n"), std::string::npos) << text;
  EXPECT_NE(print(example(), {5, false}).find("unresolved"), std::string::npos);
}

TEST(TextTable, LeavesOutColumnsWhereEvenShortenedCellsDoNotFit) {
  TextTable table({{"layer", Align::kLeft, true, 5},
                   {"runs", Align::kRight, false, 0, 1},
                   {"shape", Align::kLeft, false, 0, 2},
                   {"energy", Align::kRight}});
  table.add_row({"convolution", "1000", "1×64", "1.2 J"});
  const auto printed = [&](int width) {
    std::ostringstream out;
    table.print(out, {width, false});
    return out.str();
  };
  EXPECT_THAT(printed(26), testing::AllOf(HasSubstr("runs"), HasSubstr("shape")));
  EXPECT_THAT(printed(25), testing::AllOf(Not(HasSubstr("runs")), HasSubstr("shape")));
  EXPECT_EQ(printed(15), "layer    energy\n───────────────\ncon…ion   1.2 J\n");
}

TEST(TextTable, ColoursOnlyWhereAllowed) {
  EXPECT_EQ(print(example(), {100, false}).find('\x1b'), std::string::npos);
  EXPECT_NE(print(example(), {100, true}).find("\x1b[33munresolved\x1b[0m"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
