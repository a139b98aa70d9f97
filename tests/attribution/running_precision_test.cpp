#include "layerwatt/attribution/running_precision.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

constexpr std::size_t kLayers = 4;
constexpr double kPowers[kLayers] = {2.0, 5.0, 1.0, 8.0};

/// Feeds blocks whose layers run once or five times, seen through a first-order filter.
class Weighing {
 public:
  Weighing(Duration constant, double noise, std::uint64_t seed)
      : precision_(kLayers, constant),
        constant_(to_seconds(constant)),
        noise_(noise),
        random_(seed) {}

  void run(int blocks) {
    for (int b = 0; b < blocks; ++b) {
      double total = 0.0;
      double repeats[kLayers];
      for (double& r : repeats) total += r = random_.uniform() < 0.5 ? 1.0 : 5.0;
      std::vector<Duration> times;
      double power = 0.0;
      for (std::size_t i = 0; i < kLayers; ++i) {
        times.push_back(from_seconds(2.0 * repeats[i] / total));
        power += kPowers[i] * repeats[i] / total;
      }
      const double decay = constant_ > 0.0 ? std::exp(-2.0 / constant_) : 0.0;
      const double mean = power + (state_ - power) * constant_ / 2.0 * (1.0 - decay);
      state_ = power + (state_ - power) * decay;
      precision_.add_block(times, std::chrono::seconds(2),
                           Watts(mean + noise_ * random_.gaussian()));
    }
  }
  std::optional<double> now() const { return precision_.relative_half_width(); }

 private:
  RunningPrecision precision_;
  double constant_;
  double noise_;
  Random random_;
  double state_ = 0.0;
};

TEST(RunningPrecision, SaysNothingOfTooFewBlocks) {
  Weighing weighing(Duration(0), 0.01, 1);
  weighing.run(10);
  EXPECT_FALSE(weighing.now());
  weighing.run(1);
  EXPECT_TRUE(weighing.now());
}

TEST(RunningPrecision, KnowsTheFilterSoThatItIsNoNoise) {
  Weighing weighing(std::chrono::milliseconds(1500), 0.0, 2);
  weighing.run(40);
  ASSERT_TRUE(weighing.now());
  EXPECT_LT(*weighing.now(), 1e-5);
}

TEST(RunningPrecision, HalvesWithFourTimesTheBlocksAndGrowsWithTheNoise) {
  double ratio = 0.0;
  double noisier = 0.0;
  constexpr int kSeeds = 20;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Weighing weighing(std::chrono::milliseconds(430), 0.05, seed);
    weighing.run(60);
    const double early = weighing.now().value_or(0.0);
    weighing.run(180);
    ratio += early / weighing.now().value_or(1.0) / kSeeds;
    Weighing louder(std::chrono::milliseconds(430), 0.2, seed);
    louder.run(60);
    noisier += louder.now().value_or(0.0) / early / kSeeds;
  }
  EXPECT_NEAR(ratio, 2.0, 0.3);
  EXPECT_NEAR(noisier, 4.0, 0.4);
}

}  // namespace
}  // namespace layerwatt
