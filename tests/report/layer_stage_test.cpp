#include "report/html/layer_stage.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

std::vector<LayerProfileRow> rows_named(const std::vector<std::string>& names) {
  std::vector<LayerProfileRow> rows(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    rows[i].layer.name = names[i];
    rows[i].layer.outputs = {{"y", {1, 64, 56, static_cast<std::int64_t>(56 >> i)}, ""}};
  }
  return rows;
}

using Stages = std::vector<std::string>;

TEST(LayerStage, TheFrontOfTheNamesIsTheStage) {
  EXPECT_EQ(stages_of(rows_named(
                {"/layer1/layer1.0/conv1/Conv", "/layer1/layer1.1/conv1/Conv", "/fc/Gemm"})),
            (Stages{"layer1", "layer1", "fc"}));
}

TEST(LayerStage, NamesThatBeginAlikeAreTakenDeeper) {
  EXPECT_EQ(stages_of(rows_named({"net/block1/conv", "net/block1/relu", "net/block2/conv"})),
            (Stages{"net/block1", "net/block1", "net/block2"}));
}

TEST(LayerStage, NamesWithoutStructureFallBackToTheSizeOfTheOutput) {
  EXPECT_EQ(stages_of(rows_named({"conv1", "conv2"})), (Stages{"56×56", "56×28"}));
}

}  // namespace
}  // namespace layerwatt
