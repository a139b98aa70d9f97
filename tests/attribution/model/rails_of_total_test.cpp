#include "attribution/model/rails_of_total.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

/// One reading a millisecond, which takes 100 µs and begins `late` after the others.
PowerTrace rail_of(const std::vector<double>& watts, Duration late) {
  PowerTrace rail;
  for (const double value : watts) {
    const Instant begin = Instant(1s) + static_cast<std::int64_t>(rail.size()) * 1ms + late;
    rail.before.push_back(begin);
    rail.after.push_back(begin + 100us);
    rail.power.emplace_back(value);
  }
  return rail;
}

PowerTrace total_of(const PowerTrace& first, const PowerTrace& second) {
  return sum_rails({first, second}, Rail()).value();
}

void leave_out(PowerTrace& trace, std::ptrdiff_t sample) {
  trace.before.erase(trace.before.begin() + sample);
  trace.after.erase(trace.after.begin() + sample);
  trace.power.erase(trace.power.begin() + sample);
}

TEST(RailsOfTotal, AreThoseAtTheSamplesThatAreLeft) {
  PowerTrace total = total_of(rail_of({1, 2, 3, 4}, 0us), rail_of({10, 20, 30, 40}, 100us));
  const std::vector<PowerTrace> parts = std::exchange(total.parts, {});
  leave_out(total, 1);
  const auto rails = rails_at(parts, total);
  ASSERT_EQ(rails.size(), 2U);
  EXPECT_EQ(rails[0].power, (std::vector<Watts>{Watts(1), Watts(3), Watts(4)}));
  EXPECT_EQ(rails[1].power, (std::vector<Watts>{Watts(10), Watts(30), Watts(40)}));
  EXPECT_EQ(rails[1].before[1], parts[1].before[2]);
}

TEST(RailsOfTotal, AreNoneWhereStampsWereMoved) {
  PowerTrace total = total_of(rail_of({1, 2, 3}, 0us), rail_of({10, 20, 30}, 100us));
  const std::vector<PowerTrace> parts = std::exchange(total.parts, {});
  total.before[2] += 1us;
  total.after[2] += 1us;
  EXPECT_TRUE(rails_at(parts, total).empty());
}

TEST(RailsOfTotal, GetTimesOfReadsAsTheTotalDoes) {
  PowerTrace first = rail_of({1, 2, 3}, 0us);
  first.after = first.before;
  PowerTrace total = total_of(first, first);
  const std::vector<PowerTrace> parts = std::exchange(total.parts, {});
  for (std::size_t k = 0; k < total.size(); ++k) {
    total.before[k] -= 500us;
    total.after[k] += 500us;
  }
  const auto rails = rails_at(parts, total);
  ASSERT_EQ(rails.size(), 2U);
  EXPECT_EQ(rails[0].before, total.before);
  EXPECT_EQ(rails[0].after, total.after);
}

}  // namespace
}  // namespace layerwatt
