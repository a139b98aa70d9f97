#include "report/tables/markdown_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace layerwatt {
namespace {

TEST(MarkdownTable, NamesCannotBreakTheTable) {
  LayerProfile profile;
  profile.model = "m";
  LayerProfileRow row;
  row.layer.name = "a|b\n`c` <script>";
  row.layer.type = "Conv";
  row.power = Estimate<Watts>{watts(2.0), watts(1.5), watts(2.5)};
  profile.rows = {row};
  std::ostringstream out;
  write_markdown_table(out, profile);
  const std::string text = out.str();
  EXPECT_EQ(text.find("<script"), std::string::npos);
  EXPECT_NE(text.find("2.00 W (1.50 W to 2.50 W)"), std::string::npos) << text;
  // The row stays one line with ten cells.
  const std::size_t begin = text.find("| 1 |");
  ASSERT_NE(begin, std::string::npos);
  const std::string line = text.substr(begin, text.find('\n', begin) - begin);
  std::size_t bars = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++bars;
  }
  EXPECT_EQ(bars, 11U);
}

TEST(MarkdownTable, VirtualAndPartialAreSaid) {
  LayerProfile profile;
  profile.is_virtual = true;
  profile.is_partial = true;
  std::ostringstream out;
  write_markdown_table(out, profile);
  EXPECT_NE(out.str().find("virtual power"), std::string::npos);
  EXPECT_NE(out.str().find("partial"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
