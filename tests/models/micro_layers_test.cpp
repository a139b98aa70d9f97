#include "layerwatt/models/micro_layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "layerwatt/core/layer_work.h"
#include "layerwatt/models/layer_info.h"

namespace layerwatt {
namespace {

TEST(MicroLayers, CoverKindsKernelsStridesAndGroups) {
  const auto layers = design_micro_layers(200, 1);
  ASSERT_EQ(layers.size(), 200U);
  std::set<MicroKind> kinds;
  std::set<std::int64_t> kernels;
  std::set<std::int64_t> batches;
  int depthwise = 0;
  int grouped = 0;
  int strided = 0;
  for (const MicroLayer& layer : layers) {
    kinds.insert(layer.kind);
    batches.insert(layer.batch);
    if (layer.kind == MicroKind::kConvolution) kernels.insert(layer.kernel);
    if (layer.groups > 1) (layer.groups == layer.channels ? depthwise : grouped) += 1;
    if (layer.stride > 1) ++strided;
  }
  EXPECT_EQ(kinds.size(), 6U);
  EXPECT_THAT(kernels, testing::ElementsAre(1, 3, 5, 7, 11));
  EXPECT_THAT(batches, testing::ElementsAre(1, 2, 4, 8));
  EXPECT_GT(depthwise, 15);
  EXPECT_GT(grouped, 4);
  EXPECT_GT(strided, 30);
}

TEST(MicroLayers, AreTheSameForTheSameSeedAndDifferForAnother) {
  const auto names = [](std::uint64_t seed) {
    std::vector<std::string> list;
    for (const MicroLayer& layer : design_micro_layers(50, seed)) list.push_back(name_of(layer));
    return list;
  };
  EXPECT_EQ(names(1), names(1));
  EXPECT_NE(names(1), names(2));
}

TEST(MicroLayers, AreLayersThatRunAndThatAreDescribed) {
  for (const std::size_t count : {1U, 7U, 60U}) {
    const auto layers = design_micro_layers(count, 3);
    const OnnxModel model = build_micro_network(layers, 10, "micro", 3);
    const auto valid = model.validate();
    ASSERT_TRUE(valid) << valid.error().to_string();
    const auto described = describe_layers(model);
    ASSERT_EQ(described.size(), count);
    EXPECT_EQ(described.front().name, "010 " + name_of(layers.front()));
    for (std::size_t i = 0; i < count; ++i) {
      const auto work = layer_work(described[i]);
      ASSERT_TRUE(work) << work.error().to_string();
      EXPECT_EQ(work->batch, layers[i].batch) << described[i].name;
      EXPECT_EQ(work->output[0], layers[i].channels) << described[i].name;
      EXPECT_EQ(work->groups, layers[i].groups) << described[i].name;
      // A slow board gets through.
      EXPECT_LT(work->flops, 6e9) << described[i].name;
      EXPECT_LT(work->bytes(), 80e6) << described[i].name;
    }
  }
}

}  // namespace
}  // namespace layerwatt
