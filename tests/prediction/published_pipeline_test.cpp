#include "layerwatt/prediction/published_pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/json.h"

namespace layerwatt {
namespace {

std::vector<double> numbers(const rapidjson::Value& list) {
  std::vector<double> values;
  for (const auto& value : list.GetArray()) values.push_back(value.GetDouble());
  return values;
}

PublishedTable table_of(std::string_view name) {
  if (name == "convolutional") return PublishedTable::kConvolutional;
  return name == "pooling" ? PublishedTable::kPooling : PublishedTable::kDense;
}

/// What scikit-learn 1.5.2 gives for made tables: alpha, intercept and predictions,
/// with 40 alphas and 5 folds instead of 500 and 10, which take a minute.
TEST(PublishedPipeline, EqualsScikitLearn) {
  const auto cases =
      read_json(std::string(LAYERWATT_TEST_DATA) + "/prediction/published_pipelines.json");
  ASSERT_TRUE(cases) << cases.error().to_string();
  ASSERT_EQ(cases->Size(), 6u);
  for (const auto& want : cases->GetArray()) {
    SCOPED_TRACE(std::string(want["table"].GetString()) + " " + want["target"].GetString());
    PublishedRows rows;
    rows.table = table_of(want["table"].GetString());
    for (const auto& row : want["features"].GetArray()) rows.features.push_back(numbers(row));
    const bool power = std::string_view(want["target"].GetString()) == "power";
    const auto model =
        fit_published(rows, numbers(want["targets"]),
                      power ? PublishedTarget::kPower : PublishedTarget::kRunTime, {40, 5, 10'000});
    ASSERT_TRUE(model) << model.error().to_string();
    EXPECT_NEAR(model->alpha, want["alpha"].GetDouble(), 1e-9 * model->alpha);
    EXPECT_NEAR(model->intercept, want["intercept"].GetDouble(), 1e-4 * model->intercept);
    const std::vector<double> predictions = numbers(want["predictions"]);
    for (std::size_t i = 0; i < predictions.size(); ++i) {
      EXPECT_NEAR(predict_published(*model, rows.features[i]), predictions[i],
                  1e-4 * std::fabs(predictions[i]));
    }
  }
}

TEST(PublishedPipeline, NeedsARowAFold) {
  const PublishedRows rows{PublishedTable::kDense,
                           std::vector<std::vector<double>>(9, {1.0, 2.0, 3.0})};
  const auto model = fit_published(rows, std::vector<double>(9, 1.0), PublishedTarget::kPower);
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), testing::HasSubstr("at least 10 rows"));
}

TEST(PublishedPipeline, MetricsAreThePublishedOnes) {
  const PublishedMetrics metrics =
      published_metrics(std::vector<double>{1.0, 2.0}, std::vector<double>{1.5, 1.0});
  EXPECT_NEAR(metrics.rmspe, 50.0, 1e-6);
  EXPECT_DOUBLE_EQ(metrics.mse, 0.625);
  EXPECT_DOUBLE_EQ(metrics.mae, 0.75);
  EXPECT_DOUBLE_EQ(metrics.mape, 0.5);
  EXPECT_DOUBLE_EQ(metrics.r2, 1.0 - 0.625 / 0.25);
}

}  // namespace
}  // namespace layerwatt
