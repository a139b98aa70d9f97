#include "sensors/attributes/ina3221_timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::pair<int, int> kJetPack5{5, 10};
constexpr std::pair<int, int> kJetPack6{5, 15};

double time_constant(const Ina3221Settings& settings) {
  return to_seconds(effective_time_constant(ina3221_model(settings)).value());
}

TEST(Ina3221Timing, GivesTheStockTimeConstantsOfJetPack6) {
  EXPECT_NEAR(time_constant({512, 1, 3, kJetPack6}), 0.430, 0.001);
  EXPECT_NEAR(time_constant({512, 1, 2, kJetPack6}), 0.418, 0.001);
  EXPECT_NEAR(time_constant({512, 1, 1, kJetPack6}), 0.340, 0.001);
}

TEST(Ina3221Timing, GivesTheStockTimeConstantsOfJetPack5) {
  EXPECT_NEAR(time_constant({512, 430, 3, kJetPack5}), 0.430, 0.001);
  EXPECT_NEAR(time_constant({512, 418, 2, kJetPack5}), 0.418, 0.001);
  EXPECT_NEAR(time_constant({512, 340, 1, kJetPack5}), 0.340, 0.001);
}

TEST(Ina3221Timing, KnowsLongIntervalsAsTheOlderConventionUnderAnyKernel) {
  EXPECT_THAT(possible_conversion_times({512, 430, 3, std::nullopt}), ElementsAre(140us));
  EXPECT_THAT(possible_conversion_times({512, 430, 3, kJetPack6}), ElementsAre(140us));
}

TEST(Ina3221Timing, ReadsZeroAsOneChannelOfShortConversions) {
  EXPECT_THAT(possible_conversion_times({512, 0, 1, kJetPack6}), ElementsAre(140us, 204us));
  EXPECT_THAT(possible_conversion_times({512, 0, 3, kJetPack6}), IsEmpty());
}

TEST(Ina3221Timing, StatesTheRangeWhereSeveralConversionTimesShowAlike) {
  const SensorModel model = ina3221_model({512, 1, 2, kJetPack6});
  EXPECT_EQ(model.conversion_window, 204us);
  EXPECT_THAT(model.source, HasSubstr("140 to 332 µs"));
  EXPECT_THAT(model.source, HasSubstr("between 286 ms and 679 ms"));
  EXPECT_THAT(model.source, HasSubstr("boot script"));
}

TEST(Ina3221Timing, AssumesTheShortestWhereTheBootScriptsIsImpossible) {
  const SensorModel model = ina3221_model({64, 0, 1, kJetPack6});
  EXPECT_EQ(model.conversion_window, 140us);
  EXPECT_THAT(model.source, HasSubstr("is assumed: measure it"));
}

TEST(Ina3221Timing, ReadsTheTableOfRoundedIntervalsBack) {
  // Kernels from 5.14 on: channels × 2 × conversion time, rounded to milliseconds.
  const int table[3][8] = {
      {0, 0, 1, 1, 2, 4, 8, 16}, {1, 1, 1, 2, 4, 8, 17, 33}, {1, 1, 2, 4, 7, 13, 25, 49}};
  const auto times = ina3221::kConversionTimes;
  for (int channels = 1; channels <= 3; ++channels) {
    for (std::size_t i = 0; i < times.size(); ++i) {
      const auto possible =
          possible_conversion_times({64, table[channels - 1][i], channels, kJetPack6});
      EXPECT_THAT(possible, ::testing::Contains(times[i])) << channels << " channels";
    }
  }
}

TEST(Ina3221Timing, HasNoFilterAfterAResetOfTheDriver) {
  const SensorModel model = ina3221_model({1, 7, 3, kJetPack6});
  EXPECT_EQ(model.averaging, Averaging::kNone);
  EXPECT_EQ(model.period, 6600us);
  EXPECT_THAT(model.source, Not(HasSubstr("measure")));
}

TEST(Ina3221Timing, LeavesOpenWhatAnUnknownKernelLeavesOpen) {
  // 4 samples and 7 ms: one convention says 1100 µs, the other 332 µs (4 × 3 × 2 × 0.332 = 7.97 is
  // 8), so only the first is left; 3 ms with 4 samples and 3 channels fit the second alone.
  EXPECT_THAT(possible_conversion_times({4, 7, 3, std::nullopt}), ElementsAre(1100us));
  EXPECT_THAT(possible_conversion_times({4, 3, 3, std::nullopt}), ElementsAre(140us));
  EXPECT_THAT(possible_conversion_times({4, 4, 1, std::nullopt}), ElementsAre(2116us));
}

TEST(Ina3221Timing, SaysThatItDoesNotKnowWhereNoConversionTimeFits) {
  const SensorModel model = ina3221_model({512, 333, 3, kJetPack5});
  EXPECT_FALSE(model.period);
  EXPECT_THAT(model.source, HasSubstr("measure it"));
}

TEST(Ina3221Timing, LeavesAbsentWhatCannotBeRead) {
  const SensorModel model = ina3221_model({std::nullopt, std::nullopt, 3, kJetPack5});
  EXPECT_FALSE(model.average_count);
  EXPECT_FALSE(model.period);
  EXPECT_THAT(model.source, HasSubstr("samples=unreadable"));
  EXPECT_THAT(possible_conversion_times({100000000, 1, 3, kJetPack5}), IsEmpty());
  EXPECT_THAT(possible_conversion_times({512, 1, 0, kJetPack5}), IsEmpty());
}

}  // namespace
}  // namespace layerwatt
