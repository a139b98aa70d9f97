#include "attribution/model/predicted_load.h"

#include <gtest/gtest.h>

#include <vector>

namespace layerwatt {
namespace {

/// Two layers in turn, 20 ms each, with 5 ms between.
LoadPieces two_layers(double seconds) {
  LoadPieces load;
  load.layers = 2;
  load.on_time.assign(static_cast<std::size_t>(load.columns()), seconds);
  for (double t = 0.0; t < seconds; t += 0.05) {
    load.pieces.push_back({t, t + 0.02, 0});
    load.pieces.push_back({t + 0.025, t + 0.045, 1});
  }
  return load;
}

TEST(PredictedStretches, ShowWhatTheWholeRecordingDoesWhereverOneGoesOn) {
  const LoadPieces load = two_layers(320.0);
  const std::vector<double> watts = {3.0, 7.0, 0.0, 0.0, 0.0, 0.0};
  const SensorKernel kernel{.window = 1.1e-3, .board_low_pass = 2e-3};
  const PredictedLoad whole(load, kernel, watts, 4.0, 0.0, 320.0);
  PredictedStretches stretches(load, kernel, watts, 4.0, 0.0, 320.0);
  // From the middle to the begin, then from the middle to the end, as a clock is followed.
  std::vector<double> places;
  for (double t = 160.0; t > 1.0; t -= 7.3) places.push_back(t);
  for (double t = 160.0; t < 319.0; t += 7.3) places.push_back(t);
  for (const double t : places) {
    const PredictedLoad& stretch = stretches.over(t - 0.5, t + 0.5);
    for (double at = t - 0.5; at < t + 0.5; at += 0.0137) {
      ASSERT_NEAR(stretch.at(at), whole.at(at), 1e-5) << at;
    }
  }
}

TEST(PredictedStretches, OfAShortRecordingAreTheWhole) {
  const LoadPieces load = two_layers(20.0);
  const std::vector<double> watts = {3.0, 7.0, 0.0, 0.0, 0.0, 0.0};
  const SensorKernel kernel{.window = 1.1e-3, .board_low_pass = 2e-3};
  const PredictedLoad whole(load, kernel, watts, 4.0, 0.0, 20.0);
  PredictedStretches stretches(load, kernel, watts, 4.0, 0.0, 20.0);
  const PredictedLoad& stretch = stretches.over(10.0, 11.0);
  EXPECT_EQ(&stretch, &stretches.over(2.0, 3.0));
  EXPECT_EQ(stretch.spread(), whole.spread());
  for (double t = 0.0; t < 20.0; t += 0.0137) ASSERT_EQ(stretch.at(t), whole.at(t)) << t;
}

}  // namespace
}  // namespace layerwatt
