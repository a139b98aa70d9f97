#include "layerwatt/prediction/cost_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "layerwatt/prediction/validation.h"

#include "prediction/made_samples.h"

namespace layerwatt {
namespace {

using testing::HasSubstr;

CostModelOptions quick() { return {42, 40, 1}; }

TEST(CostModel, FindsTimeAndPowerOfNetworksLeftOut) {
  const auto samples = made_samples(4, 25);
  std::vector<HeldOutRow> rows;
  for (const Fold& fold : network_folds(samples, 10)) {
    const auto part = predict_fold(samples, fold, {quick(), false});
    ASSERT_TRUE(part) << part.error().to_string();
    rows.insert(rows.end(), part->begin(), part->end());
  }
  ASSERT_EQ(rows.size(), samples.size());
  const Validation validation = summarise(samples, rows);
  int ours = 0;
  for (const ScoreRow& row : validation.scores) {
    if (row.method != Method::kOurs) continue;
    ++ours;
    EXPECT_LT(row.score.rmspe, 0.15) << to_string(row.cost);
    if (!row.kind) continue;
    ASSERT_TRUE(row.score.coverage);
    EXPECT_GT(*row.score.coverage, 0.75);
  }
  EXPECT_EQ(ours, 5);
}

TEST(CostModel, ASumCountsByItsMeanWhatEachPowerScattersForItself) {
  auto samples = made_samples(4, 50);
  Random random(3, "scatter of powers");
  for (LayerSample& sample : samples) *sample.watts *= std::exp(0.3 * random.gaussian());
  const auto model = fit_cost_model(samples, quick());
  ASSERT_TRUE(model);
  double actual = 0.0;
  double summed = 0.0;
  double told = 0.0;
  for (const LayerSample& sample : made_samples(4, 50, 2)) {
    const LayerPrediction layer = predict_layer(*model, sample.work);
    if (!layer.summed_joules) continue;
    actual += sample.seconds * *sample.watts * std::exp(0.5 * 0.3 * 0.3);
    summed += *layer.summed_joules;
    told += *layer.seconds * *layer.watts;
  }
  EXPECT_LT(told, 0.9 * actual);
  EXPECT_NEAR(summed / actual, 1.0, 0.06);
}

TEST(CostModel, GivesTheSamePredictionForTheSameSeed) {
  const auto samples = made_samples(2, 50);
  const auto a = fit_cost_model(samples, quick());
  const auto b = fit_cost_model(samples, quick());
  ASSERT_TRUE(a && b);
  for (const LayerSample& sample : samples) {
    EXPECT_EQ(predict_layer(*a, sample.work).seconds, predict_layer(*b, sample.work).seconds);
    EXPECT_EQ(predict_layer(*a, sample.work).watts, predict_layer(*b, sample.work).watts);
  }
}

TEST(CostModel, RefusesWhatItWasNeverTaught) {
  const auto samples = made_samples(2, 20);
  const auto model = fit_cost_model(samples, quick());
  ASSERT_TRUE(model);
  const LayerWork work = samples.front().work;
  EXPECT_EQ(predict_layer(*model, work).refusal, "");
  LayerWork window = work;
  window.kernel = {5, 5};
  EXPECT_THAT(predict_layer(*model, window).refusal, HasSubstr("never measured"));
  LayerWork large = work;
  large.batch = 1000;
  count_work(large, 4.0);
  EXPECT_THAT(predict_layer(*model, large).refusal, HasSubstr("beyond 1.5 times"));
  LayerWork depthwise = work;
  depthwise.groups = depthwise.input[0];
  EXPECT_FALSE(predict_layer(*model, depthwise).seconds);
  LayerWork half = work;
  half.precision = "float16";
  EXPECT_THAT(predict_layer(*model, half).refusal, HasSubstr("in float16"));
  LayerWork pooling = work;
  pooling.kind = WorkKind::kPooling;
  EXPECT_THAT(predict_layer(*model, pooling).refusal, HasSubstr("'pooling' was measured"));
}

TEST(CostModel, LearnsNothingFromThreeRows) {
  const auto model = fit_cost_model(made_samples(1, 3), quick());
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), HasSubstr("too few"));
}

TEST(CostModel, KnowsTheFamilyOfANetwork) {
  EXPECT_EQ(family_of("resnet18"), "resnet");
  EXPECT_EQ(family_of("mobilenet_v2"), "mobilenet");
  EXPECT_EQ(family_of("efficientnet_b0"), "efficientnet");
  EXPECT_EQ(family_of("deepscale-squeezenet-1.1"), "deepscale-squeezenet");
  EXPECT_EQ(family_of("shufflenet_v2_x1_0"), "shufflenet");
  EXPECT_EQ(family_of("alexnet"), "alexnet");
}

}  // namespace
}  // namespace layerwatt
