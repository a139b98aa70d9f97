#include "layerwatt/analysis/precision_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/random.h"
#include "layerwatt/dataset/npy.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLayers = 3;
constexpr double kWatts[kLayers] = {2.0, 5.0, 3.0};
constexpr double kIdle = 4.0;

/// A weighing run of 40 blocks of 100 ms, read every millisecond: the total's rail, and one beside
/// it that draws what it likes.
class WeighingRun {
 public:
  explicit WeighingRun(Duration lead) {
    auto writer = NpyWriter<PowerRecord>::create(power_npy_);
    EXPECT_TRUE(writer);
    Random random(1, "run");
    Instant now(1s);
    const auto draw = [&](Instant until, double watts) {
      for (; now < until; now += 1ms) {
        const double noise = 0.01 * random.gaussian();
        EXPECT_TRUE(writer->append(record(now, 0, watts + noise)));
        EXPECT_TRUE(writer->append(record(now, 1, 100.0 * random.uniform())));
      }
    };
    draw(now + lead, kIdle);
    for (int b = 0; b < 40; ++b) {
      std::vector<Execution> block;
      Instant begin = now;
      double energy = 0.0;
      for (std::size_t l = 0; l < kLayers; ++l) {
        const Duration time = random.uniform() < 0.5 ? 10ms : 50ms;
        block.push_back({static_cast<std::int32_t>(l), b, 0, b, begin, begin + time});
        begin += time;
        energy += kWatts[l] * to_seconds(time);
      }
      draw(begin, kIdle + energy / to_seconds(begin - block.front().start));
      blocks_.push_back(std::move(block));
    }
    EXPECT_TRUE(writer->close());
  }

  std::optional<double> half_width(std::vector<bool> in_total) const {
    PrecisionWatch watch({.power_npy = power_npy_,
                          .target = 0.05,
                          .layers = kLayers,
                          .in_total = std::move(in_total),
                          .time_constant = Duration(0)});
    bool reached = false;
    for (const auto& block : blocks_) {
      watch.add_block(block);
      reached = watch.reached();
    }
    EXPECT_EQ(reached, watch.relative_half_width() && *watch.relative_half_width() <= 0.05);
    return watch.relative_half_width();
  }

 private:
  static PowerRecord record(Instant when, std::int16_t rail, double watts) {
    PowerRecord record{};
    record.before_ns = to_ns(when);
    record.after_ns = to_ns(when);
    record.power_uw = static_cast<std::int64_t>(1e6 * watts);
    record.energy_uj = kNoValue64;
    record.voltage_uv = kNoValue32;
    record.current_ua = kNoValue32;
    record.rail = rail;
    return record;
  }

  TemporaryFolder folder_;
  std::filesystem::path power_npy_ = folder_ / "power.npy";
  std::vector<std::vector<Execution>> blocks_;
};

TEST(PrecisionWatch, AddsTheRailsOfTheTotalAlone) {
  const WeighingRun run(200ms);
  const auto total = run.half_width({true, false});
  const auto both = run.half_width({true, true});
  ASSERT_TRUE(total && both);
  EXPECT_LT(*total, 0.02);
  EXPECT_GT(*both, 3.0 * *total);
}

TEST(PrecisionWatch, ComesToAnEndWithoutAnIdleStretchBeforeTheRun) {
  const WeighingRun run(0ms);
  const auto half_width = run.half_width({true, false});
  ASSERT_TRUE(half_width);
  EXPECT_LT(*half_width, 0.02);
}

}  // namespace
}  // namespace layerwatt
