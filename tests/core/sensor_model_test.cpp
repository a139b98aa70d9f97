#include "layerwatt/core/sensor_model.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using std::chrono::microseconds;

SensorModel model(Averaging averaging, Duration period, int count) {
  SensorModel m;
  m.averaging = averaging;
  m.period = period;
  m.average_count = count;
  return m;
}

double time_constant(const SensorModel& m) {
  const auto constant = effective_time_constant(m);
  EXPECT_TRUE(constant);
  return constant ? to_seconds(*constant) : 0.0;
}

// The stock settings of Jetson Linux: 512 samples, 3, 2 or 1 channels enabled.
TEST(EffectiveTimeConstant, OfStockJetsonBoards) {
  EXPECT_NEAR(time_constant(model(Averaging::kExponential, microseconds(840), 512)), 0.430, 1e-3);
  EXPECT_NEAR(time_constant(model(Averaging::kExponential, microseconds(816), 512)), 0.418, 1e-3);
  EXPECT_NEAR(time_constant(model(Averaging::kExponential, microseconds(664), 512)), 0.340, 1e-3);
}

TEST(EffectiveTimeConstant, OfFourSamplesIsThreeAndAHalfPeriods) {
  EXPECT_NEAR(time_constant(model(Averaging::kExponential, microseconds(1000), 4)), 3.476e-3, 1e-6);
}

TEST(EffectiveTimeConstant, OfABlockIsHalfItsLength) {
  EXPECT_NEAR(time_constant(model(Averaging::kBlock, microseconds(1100), 16)), 8.8e-3, 1e-9);
}

TEST(EffectiveTimeConstant, WithoutAveragingIsHalfAPeriod) {
  EXPECT_NEAR(time_constant(model(Averaging::kNone, microseconds(840), 512)), 420e-6, 1e-9);
  EXPECT_NEAR(time_constant(model(Averaging::kExponential, microseconds(840), 1)), 420e-6, 1e-9);
}

TEST(EffectiveTimeConstant, IsUnknownWhereAnInputIs) {
  EXPECT_FALSE(effective_time_constant({}));
  SensorModel no_count = model(Averaging::kExponential, microseconds(840), 512);
  no_count.average_count.reset();
  EXPECT_FALSE(effective_time_constant(no_count));
  SensorModel no_period = model(Averaging::kBlock, microseconds(840), 512);
  no_period.period.reset();
  EXPECT_FALSE(effective_time_constant(no_period));
}

TEST(SensorModel, HasAWordForEachEnumerator) {
  EXPECT_EQ(to_string(Averaging::kNone), "none");
  EXPECT_EQ(to_string(Averaging::kExponential), "exponential");
  EXPECT_EQ(to_string(Averaging::kBlock), "block");
  EXPECT_EQ(to_string(Provenance::kDeclared), "declared");
  EXPECT_EQ(to_string(Provenance::kMeasured), "measured");
  EXPECT_EQ(to_string(Provenance::kDatasheet), "datasheet");
}

}  // namespace
}  // namespace layerwatt
