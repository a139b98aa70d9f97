#include "layerwatt/dataset/isolated_table.h"

#include <gtest/gtest.h>

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

TEST(IsolatedTable, HasThePublishedColumnsAndTheSamplesInOneField) {
  const TemporaryFolder folder;
  const std::vector<IsolatedTableRow> rows{
      {"Conv2d_0",
       std::chrono::milliseconds(2450),
       Joules(18.5),
       Watts(7.5),
       {Watts(7.5), Watts(8)}},
      {"a,b", std::chrono::seconds(1), Joules(1), Watts(1), {}}};
  ASSERT_TRUE(write_isolated_table(folder / "t.csv", rows, false));
  EXPECT_EQ(slurp(folder / "t.csv"),
            "Layer,Duration (s),Energy (J),Avg Power (W),Power Samples (W)\n"
            "Conv2d_0,2.45,18.5,7.5,\"[7.5, 8.0]\"\n"
            "\"a,b\",1.0,1.0,1.0,[]\n");
}

TEST(IsolatedTable, OfVirtualPowerSaysSoInEachRow) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_isolated_table(
      folder / "t.csv", {{"x", std::chrono::seconds(1), Joules(1), Watts(1), {}}}, true));
  EXPECT_EQ(slurp(folder / "t.csv"),
            "Layer,Duration (s),Energy (J),Avg Power (W),Power Samples (W),Virtual\n"
            "x,1.0,1.0,1.0,[],true\n");
}

}  // namespace
}  // namespace layerwatt
