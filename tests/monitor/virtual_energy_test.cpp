#include <gtest/gtest.h>

#include "layerwatt/recording/sampler.h"
#include "layerwatt/simulation/virtual_sensor.h"

#include "monitor/board/live_sink.h"
#include "recording/allocation_counter.h"
#include "recording/fake_sampling.h"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeClock;

/// A virtual board read for a time that passes at once.
class VirtualTime {
 public:
  VirtualTime(std::string_view name, Duration period) : board_(*find_virtual_board(name)) {
    load_ = usual_bursts(board_);
    sensors_.push_back(open_virtual_sensor(board_, load_, 1, [this] { return clock_.now(); }));
    const auto rails = sensors_.front()->rails();
    sink_.emplace(std::vector<Rail>(rails.begin(), rails.end()), period, clock_.now(),
                  [] { return std::optional<Duration>(Duration(0)); });
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < rails.size(); ++i) places.push_back(i);
    sink_->expect(places);
    options_.period = period;
  }

  SamplerReport run(Duration time) {
    options_.end = clock_.now() + time;
    return sample(sensors_, clock_, *sink_, options_, stop_);
  }

  /// Error of each rail's counter over what it has really drawn.
  void expect_truth(Duration time, double part) const {
    const auto rails = sensors_.front()->rails();
    for (std::size_t i = 0; i < rails.size(); ++i) {
      const Joules truth = *true_mean_power(board_, load_, rails[i].name) * time;
      const Joules counted = sink_->reading(i).energy;
      // A step of the register is up to half a percent of a weak rail's power.
      const Joules step = *rails[i].model.lsb * time * 0.5;
      EXPECT_NEAR(counted.value(), truth.value(), part * truth.value() + 0.2 * step.value())
          << rails[i].name;
    }
  }
  const LiveSink& sink() const { return *sink_; }

 private:
  VirtualBoard board_;
  BurstLoad load_;
  FakeClock clock_;
  Cancellation stop_;
  SamplerOptions options_;
  std::vector<std::unique_ptr<Sensor>> sensors_;
  std::optional<LiveSink> sink_;
};

TEST(VirtualEnergy, IsTheTruthBehindAFilterOfHalfASecond) {
  for (const std::string_view board : {"orin-nano", "agx-orin", "agx-xavier"}) {
    VirtualTime time(board, milliseconds(50));
    time.run(seconds(120));
    time.expect_truth(seconds(120), 0.005);
  }
}

TEST(VirtualEnergy, IsTheTruthAtEveryMomentAndNotOnlyInTheEnd) {
  VirtualTime time("orin-nano", milliseconds(50));
  // Scrapes 15 s apart, whole periods of the load.
  for (int scrape = 1; scrape <= 8; ++scrape) {
    time.run(seconds(14));
    time.expect_truth(seconds(14) * scrape, 0.005);
  }
}

TEST(VirtualEnergy, OfAMillionSamplesAllocatesNothing) {
  VirtualTime time("orin-nano", milliseconds(3));
  time.run(seconds(1));
  const testing::AllocationCounter allocations;
  const SamplerReport report = time.run(seconds(1000));
  EXPECT_LE(allocations.count(), 8);  // the sampler's own, before its loop
  EXPECT_GE(3 * report.ticks, 999'000);
  EXPECT_GE(time.sink().reading(0).readings, 333'000);
}

}  // namespace
}  // namespace layerwatt
