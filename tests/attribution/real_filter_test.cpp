// The averaging filter of a real board, from what its own tegrastats printed.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

#include "layerwatt/attribution/step_response.h"
#include "layerwatt/sensors/tegrastats_log.h"

namespace layerwatt {
namespace {

/// VDD_IN after a load had ended, from its first fall on: 91 lines in one second, Orin NX,
/// JetPack 6.
struct Fall {
  std::vector<double> seconds;
  std::vector<double> milliwatts;
  std::vector<double> all_milliwatts;
};

Fall real_fall() {
  const auto path =
      std::filesystem::path(LAYERWATT_TEST_DATA) / "tegrastats/logs/orinnx_16gb_basic.tegrastats";
  std::ifstream in(path);
  const auto log = read_tegrastats_log(in, std::nullopt);
  Fall fall;
  if (!log) return fall;
  const PowerTrace& trace = log->traces.at(0);
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const double now = in_milliwatts(trace.power[i]);
    fall.all_milliwatts.push_back(now);
    if (fall.seconds.empty() && now == fall.all_milliwatts.front()) continue;
    fall.seconds.push_back(to_seconds(trace.when(i) - trace.when(0)));
    fall.milliwatts.push_back(now);
  }
  return fall;
}

TEST(RealOrinNx, FallsWithTheTimeConstantOf512AveragesOfThreeChannels) {
  const Fall fall = real_fall();
  ASSERT_GT(fall.seconds.size(), 60U);
  const auto response = fit_step_response(fall.seconds, fall.milliwatts);
  ASSERT_TRUE(response) << response.error().to_string();
  // 0.84 ms · 512 = 0.43 s by the datasheet's typical clock, which may be 30 % off.
  EXPECT_GT(response->time_constant, std::chrono::milliseconds(420));
  EXPECT_LT(response->time_constant, std::chrono::milliseconds(520));
  EXPECT_LT(response->residual, 20.0);
}

TEST(RealOrinNx, MovesInStepsOfTheShuntRegister) {
  const auto step = register_step(real_fall().all_milliwatts);
  ASSERT_TRUE(step);
  // 40 µV over 5 mΩ are 8 mA, at 5.09 V.
  EXPECT_NEAR(*step, 40.7, 0.5);
}

}  // namespace
}  // namespace layerwatt
