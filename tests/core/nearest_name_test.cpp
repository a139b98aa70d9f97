#include "layerwatt/core/nearest_name.h"

#include <gtest/gtest.h>

#include <array>

namespace layerwatt {
namespace {

constexpr std::array<std::string_view, 5> kModels{"alexnet", "lenet", "vgg11", "resnet18",
                                                  "mobilenet_v2"};

TEST(NearestName, FindsWhatWasMistyped) {
  EXPECT_EQ(nearest_name("alxnet", kModels), "alexnet");
  EXPECT_EQ(nearest_name("resnet81", kModels), "resnet18");
  EXPECT_EQ(nearest_name("vgg12", kModels), "vgg11");
}

TEST(NearestName, IgnoresCaseAndTheKindOfDash) {
  EXPECT_EQ(nearest_name("MobileNet-V2", kModels), "mobilenet_v2");
}

TEST(NearestName, IsSilentWhereNothingIsNear) {
  EXPECT_EQ(nearest_name("transformer", kModels), std::nullopt);
  EXPECT_EQ(nearest_name("alexnet", {}), std::nullopt);
}

TEST(NearestName, PrefersTheFirstOfEquallyNearOnes) {
  constexpr std::array<std::string_view, 2> kNames{"abd", "abe"};
  EXPECT_EQ(nearest_name("abc", kNames), "abd");
}

TEST(NearestName, SurvivesAnEndlessWord) {
  EXPECT_EQ(nearest_name(std::string(1'000'000, 'x'), kModels), std::nullopt);
}

}  // namespace
}  // namespace layerwatt
