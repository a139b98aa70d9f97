#include "layerwatt/prediction/calibrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prediction/made_samples.h"

namespace layerwatt {
namespace {

CostModelOptions quick() { return {42, 40, 1}; }

CostModel model_of_made_machine() {
  const auto model = fit_cost_model(made_samples(4, 25), quick());
  EXPECT_TRUE(model);
  return *model;
}

/// Rows of another machine: three times as slow at computing, half as slow at moving, five times
/// the power.
std::vector<LayerSample> other_machine(int layers) {
  std::vector<LayerSample> samples = made_samples(1, layers, 9);
  for (LayerSample& sample : samples) {
    const double computing = sample.work.flops / 1e12;
    const double moving = sample.work.bytes() / 50e9;
    const double noise = sample.seconds / (5e-6 + computing + moving);
    sample.seconds = (5e-6 + 3.0 * computing + 1.5 * moving) * noise;
    *sample.watts *= 5.0;
  }
  return samples;
}

TEST(FitsFeatures, AModelOfOtherFeaturesIsToldApart) {
  const CostModel model = model_of_made_machine();
  ASSERT_FALSE(model.kinds.empty());
  const WorkKind kind = model.kinds.front().kind;
  TargetModel target = model.kinds.front().seconds;
  EXPECT_TRUE(fits_features(target, kind));
  target.processes[0].center.pop_back();
  EXPECT_FALSE(fits_features(target, kind));
  target = model.kinds.front().seconds;
  target.trees.ensembles = {{{TreeNode{1000, 0.0, 1, 0.0}}}};
  EXPECT_FALSE(fits_features(target, kind));
}

double rmspe_on(const CostModel& model, const std::vector<LayerSample>& samples, bool power) {
  double sum = 0.0;
  int count = 0;
  for (const LayerSample& sample : samples) {
    const LayerPrediction prediction = predict_layer(model, sample.work);
    if (!prediction.seconds) continue;
    const double said = power ? *prediction.watts : *prediction.seconds;
    sum += std::pow(said / (power ? *sample.watts : sample.seconds) - 1.0, 2);
    ++count;
  }
  EXPECT_GT(count, 30);
  return std::sqrt(sum / count);
}

TEST(CalibrateCostModel, MovesAModelToAnotherMachineWithTwentyLayers) {
  const CostModel model = model_of_made_machine();
  const auto all = other_machine(80);
  const std::vector<LayerSample> few(all.begin(), all.begin() + 20);
  const std::vector<LayerSample> others(all.begin() + 20, all.end());
  EXPECT_GT(rmspe_on(model, others, false), 0.4);
  const auto moved = calibrate_cost_model(model, few, quick());
  ASSERT_TRUE(moved) << moved.error().to_string();
  EXPECT_LT(rmspe_on(moved->model, others, false), 0.2);
  EXPECT_LT(rmspe_on(moved->model, others, true), 0.12);
  ASSERT_EQ(moved->kinds.size(), 1U);
  const KindCalibration& kind = moved->kinds.front();
  EXPECT_TRUE(kind.refitted);
  EXPECT_EQ(kind.powers, kind.rows);
  EXPECT_GT(kind.seconds_factor, 1.5);
  EXPECT_NEAR(*kind.watts_factor, 5.0, 0.5);
  EXPECT_LT(*kind.seconds_after, kind.seconds_before);
}

TEST(CalibrateCostModel, TakesOneFactorFromAFewLayers) {
  std::vector<LayerSample> few = made_samples(1, 4, 5);
  for (LayerSample& sample : few) sample.seconds *= 2.0;
  const auto moved = calibrate_cost_model(model_of_made_machine(), few, quick());
  ASSERT_TRUE(moved) << moved.error().to_string();
  EXPECT_FALSE(moved->kinds.front().refitted);
  EXPECT_NEAR(moved->kinds.front().seconds_factor, 2.0, 0.2);
  std::vector<LayerSample> others = made_samples(1, 60, 6);
  for (LayerSample& sample : others) sample.seconds *= 2.0;
  EXPECT_LT(rmspe_on(moved->model, others, false), 0.12);
}

TEST(CalibrateCostModel, KnowsNoPowerWhereNoneWasTold) {
  std::vector<LayerSample> samples = other_machine(12);
  for (LayerSample& sample : samples) sample.watts.reset();
  const auto moved = calibrate_cost_model(model_of_made_machine(), samples, quick());
  ASSERT_TRUE(moved) << moved.error().to_string();
  const LayerPrediction prediction = predict_layer(moved->model, samples.front().work);
  EXPECT_TRUE(prediction.seconds);
  EXPECT_FALSE(prediction.watts);
}

TEST(CalibrateCostModel, RefusesLayersThatTheModelDoesNotKnow) {
  std::vector<LayerSample> samples = other_machine(12);
  for (LayerSample& sample : samples) sample.work.kind = WorkKind::kPooling;
  const auto moved = calibrate_cost_model(model_of_made_machine(), samples, quick());
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code(), ErrorCode::kUnknowable);
}

}  // namespace
}  // namespace layerwatt
