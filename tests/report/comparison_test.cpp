#include "layerwatt/report/comparison.h"

#include <gtest/gtest.h>

#include <cmath>

namespace layerwatt {
namespace {

LayerProfileRow row(std::string name, std::string type, double energy, double half) {
  LayerProfileRow r;
  r.layer.name = std::move(name);
  r.layer.type = std::move(type);
  r.run_time.median = std::chrono::microseconds(100);
  r.energy = Estimate<Joules>{joules(energy), joules(energy - half), joules(energy + half)};
  return r;
}

LayerProfile profile(std::vector<LayerProfileRow> rows) {
  LayerProfile p;
  p.method = "solve";
  p.rows = std::move(rows);
  return p;
}

std::vector<MatchedBy> kinds(const Comparison& comparison) {
  std::vector<MatchedBy> out;
  for (const auto& layer : comparison.layers) out.push_back(layer.matched);
  return out;
}

TEST(Comparison, LayersOfEqualNamesAreMatchedAndDifferencesHaveIntervals) {
  const auto c =
      compare_profiles(profile({row("a", "Conv", 2.0, 0.3), row("b", "Conv", 1.0, 0.1)}),
                       profile({row("a", "Conv", 3.0, 0.4), row("b", "Conv", 1.05, 0.1)}));
  ASSERT_EQ(c.layers.size(), 2U);
  EXPECT_DOUBLE_EQ(c.layers[0].energy->difference, 1.0);
  EXPECT_DOUBLE_EQ(*c.layers[0].energy->half_width, 0.5);
  EXPECT_EQ(c.layers[0].energy->is_significant(), true);
  EXPECT_EQ(c.layers[1].energy->is_significant(), false);
  EXPECT_DOUBLE_EQ(*c.layers[0].energy->relative(), 0.5);
}

TEST(Comparison, ALayerThatWasPrunedStandsAlone) {
  const auto c = compare_profiles(
      profile({row("a", "Conv", 1, 0), row("b", "Conv", 1, 0), row("c", "Conv", 1, 0)}),
      profile({row("a", "Conv", 1, 0), row("c", "Conv", 1, 0)}));
  EXPECT_EQ(kinds(c), (std::vector{MatchedBy::kName, MatchedBy::kNothing, MatchedBy::kName}));
  EXPECT_TRUE(c.layers[1].before);
  EXPECT_FALSE(c.layers[1].after);
  EXPECT_FALSE(c.layers[1].energy);
}

TEST(Comparison, RenamedLayersAreMatchedByPositionAndType) {
  const auto c = compare_profiles(
      profile({row("a", "Conv", 1, 0), row("x1", "Relu", 1, 0), row("c", "Conv", 1, 0)}),
      profile({row("a", "Conv", 1, 0), row("y1", "Relu", 2, 0), row("c", "Conv", 1, 0)}));
  EXPECT_EQ(kinds(c), (std::vector{MatchedBy::kName, MatchedBy::kPosition, MatchedBy::kName}));
  EXPECT_DOUBLE_EQ(c.layers[1].energy->difference, 1.0);
}

TEST(Comparison, EqualNamesAreMatchedInTheirOrder) {
  const auto c = compare_profiles(profile({row("relu", "Relu", 1, 0), row("relu", "Relu", 2, 0)}),
                                  profile({row("relu", "Relu", 1, 0), row("relu", "Relu", 5, 0)}));
  ASSERT_EQ(c.layers.size(), 2U);
  EXPECT_DOUBLE_EQ(c.layers[1].energy->difference, 3.0);
}

TEST(Comparison, LayersThatChangedPlacesAreNotMatchedAcross) {
  const auto c = compare_profiles(
      profile({row("a", "Conv", 1, 0), row("b", "Relu", 1, 0), row("c", "Pool", 1, 0)}),
      profile({row("c", "Pool", 1, 0), row("a", "Conv", 1, 0), row("b", "Relu", 1, 0)}));
  std::size_t before = 0;
  std::size_t after = 0;
  for (const auto& layer : c.layers) {
    if (layer.before) {
      EXPECT_EQ(*layer.before, before++);
    }
    if (layer.after) {
      EXPECT_EQ(*layer.after, after++);
    }
  }
  EXPECT_EQ(before, 3U);
  EXPECT_EQ(after, 3U);
}

TEST(Comparison, WhatOneEngineFusesIsMatchedWithItsPartsByOrigin) {
  LayerProfileRow fused = row("conv2 + … + relu2", "Conv", 4, 0.5);
  fused.layer.origins = {"conv2", "bn2", "add2", "pad2", "relu2"};
  const auto c = compare_profiles(
      profile({row("conv1 + relu1", "Conv", 3, 0.3), fused, row("fc", "Gemm", 1, 0)}),
      profile({row("Cast of x", "Cast", 0.1, 0), row("conv1", "Conv", 1, 0.1),
               row("Cast of conv1", "Cast", 0.1, 0), row("relu1", "Relu", 1, 0.1),
               row("conv2 + bn2", "Conv", 2, 0.1), row("add2 + relu2", "Add", 1, 0.1),
               row("fc", "Gemm", 1, 0)}));
  EXPECT_EQ(kinds(c), (std::vector{MatchedBy::kNothing, MatchedBy::kOrigin, MatchedBy::kNothing,
                                   MatchedBy::kOrigin, MatchedBy::kName}));
  EXPECT_EQ(c.layers[1].before, 0U);
  EXPECT_EQ(c.layers[1].after, 1U);
  EXPECT_EQ(c.layers[1].more_after, std::vector<std::size_t>{3});
  EXPECT_DOUBLE_EQ(c.layers[1].energy->after, 2.0);
  EXPECT_DOUBLE_EQ(*c.layers[1].energy->half_width, std::hypot(0.3, 0.2));
  EXPECT_DOUBLE_EQ(c.layers[1].run_time->after, 200e-6);
  EXPECT_EQ(c.layers[2].after, 2U);
  EXPECT_EQ(c.layers[3].more_after, std::vector<std::size_t>{5});
}

TEST(Comparison, WithoutIntervalsSignificanceIsNotKnown) {
  LayerProfileRow a = row("a", "Conv", 1, 0);
  a.energy->low.reset();
  const auto c = compare_profiles(profile({a}), profile({row("a", "Conv", 2, 0)}));
  EXPECT_FALSE(c.layers[0].energy->is_significant());
}

TEST(IsWorse, AChangeBeyondTheLimitIsWorseUnlessItsIntervalHoldsZero) {
  LayerProfile before = profile({});
  LayerProfile after = profile({});
  before.pass_energy = Estimate<Joules>{joules(1.0), joules(0.99), joules(1.01)};
  after.pass_energy = Estimate<Joules>{joules(1.1), joules(1.09), joules(1.11)};
  EXPECT_TRUE(*is_worse(compare_profiles(before, after), 0.05));
  EXPECT_FALSE(*is_worse(compare_profiles(before, after), 0.15));
  after.pass_energy = Estimate<Joules>{joules(1.1), joules(0.9), joules(1.3)};
  EXPECT_FALSE(*is_worse(compare_profiles(before, after), 0.05));
  EXPECT_FALSE(*is_worse(compare_profiles(after, before), 0.05));
}

TEST(IsWorse, WithoutEnergyTheRunTimeDecides) {
  LayerProfile before = profile({});
  LayerProfile after = profile({});
  EXPECT_FALSE(is_worse(compare_profiles(before, after), 0.05));
  before.pass_time = std::chrono::milliseconds(10);
  after.pass_time = std::chrono::milliseconds(12);
  EXPECT_TRUE(*is_worse(compare_profiles(before, after), 0.05));
}

TEST(Comparison, WhatMakesItUnfairIsSaid) {
  LayerProfile before = profile({});
  LayerProfile after = profile({});
  after.method = "window";
  after.is_virtual = true;
  EXPECT_EQ(compare_profiles(before, after).warnings.size(), 2U);
}

}  // namespace
}  // namespace layerwatt
