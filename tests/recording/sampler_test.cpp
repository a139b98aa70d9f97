#include "layerwatt/recording/sampler.h"

#include <gmock/gmock.h>

#include "recording/allocation_counter.h"
#include "recording/fake_sampling.h"

namespace layerwatt {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeClock;
using testing::FakeSensor;
using testing::FakeSink;

struct Bench {
  FakeClock clock;
  FakeSink sink;
  Cancellation stop;
  SamplerOptions options;
  std::vector<std::unique_ptr<Sensor>> sensors;

  Bench() { options.period = milliseconds(1); }

  FakeSensor& add(std::vector<std::string> names) {
    auto sensor = std::make_unique<FakeSensor>(clock, std::move(names));
    FakeSensor& added = *sensor;
    sensors.push_back(std::move(sensor));
    return added;
  }
  SamplerReport run_for(Duration d) {
    options.end = clock.now() + d;
    return sample(sensors, clock, sink, options, stop);
  }
};

TEST(Sampler, ReadsEveryRailAtEveryTickOfTheGrid) {
  Bench bench;
  bench.add({"VDD_IN", "VDD_SOC"});
  bench.add({"NC"});
  const Instant start = bench.clock.now();
  const SamplerReport report = bench.run_for(seconds(1));
  EXPECT_EQ(report.end, SamplerEnd::kReachedEnd);
  EXPECT_EQ(report.ticks, 1000);
  EXPECT_EQ(report.late_ticks, 0);
  EXPECT_EQ(report.lost_ticks, 0);
  ASSERT_EQ(bench.sink.records.size(), 3000U);
  EXPECT_EQ(bench.sink.flushed, 3000U);
  const PowerRecord& record = bench.sink.records[1001];
  EXPECT_EQ(record.tick, 333U);
  EXPECT_EQ(record.rail, 2);
  EXPECT_EQ(record.power_uw, 5'000'000);
  // The third rail is read after the two before it.
  EXPECT_EQ(instant_from_ns(record.before_ns), start + milliseconds(333) + microseconds(40));
  EXPECT_EQ(report.read_time.max(), microseconds(20));
}

TEST(Sampler, CountsLateTicksWithTheirLateness) {
  Bench bench;
  bench.add({"VDD_IN"});
  int wakes = 0;
  bench.clock.oversleep = [&](Instant) {
    return ++wakes % 10 == 0 ? Duration(microseconds(300)) : Duration(microseconds(5));
  };
  const SamplerReport report = bench.run_for(seconds(1));
  EXPECT_EQ(report.ticks, 1000);
  EXPECT_EQ(report.late_ticks, 100);
  EXPECT_EQ(report.lost_ticks, 0);
  EXPECT_EQ(report.lateness.max(), microseconds(300));
  EXPECT_LT(report.lateness.percentile(0.5), microseconds(6));
}

TEST(Sampler, CountsTicksThatPassedWhileItWasKeptFromRunning) {
  Bench bench;
  bench.add({"VDD_IN"});
  int wakes = 0;
  bench.clock.oversleep = [&](Instant) {
    return ++wakes == 10 ? Duration(milliseconds(25)) : Duration(0);
  };
  const SamplerReport report = bench.run_for(seconds(1));
  EXPECT_EQ(report.lost_ticks, 25);
  EXPECT_EQ(report.ticks + report.lost_ticks, 1000);
  EXPECT_EQ(bench.sink.records[9].tick - bench.sink.records[8].tick, 26U);
}

TEST(Sampler, CountsTicksThatPassedWhileItSleptBeyondTheEnd) {
  Bench bench;
  bench.add({"VDD_IN"});
  bench.clock.oversleep = [&](Instant now) {
    return now >= instant_from_ns(1'000'000'000) + milliseconds(47) ? Duration(milliseconds(20))
                                                                    : Duration(0);
  };
  const SamplerReport report = bench.run_for(milliseconds(50));
  EXPECT_EQ(report.ticks, 47);
  EXPECT_EQ(report.lost_ticks, 3);
}

TEST(Sampler, CountsTicksThatASlowBusLoses) {
  Bench bench;
  bench.add({"VDD_IN"}).read_time = microseconds(1300);
  const SamplerReport report = bench.run_for(seconds(1));
  // Back to back, as the bus allows; every third or fourth deadline passes whole.
  EXPECT_EQ(report.ticks, 770);
  EXPECT_EQ(report.ticks + report.lost_ticks, 1000);
}

TEST(Sampler, WithoutAPeriodReadsAsFastAsTheBusAllows) {
  Bench bench;
  bench.add({"VDD_IN"}).read_time = microseconds(1300);
  bench.options.period = Duration(0);
  const SamplerReport report = bench.run_for(seconds(1));
  EXPECT_EQ(report.ticks, 770);
  EXPECT_EQ(report.lost_ticks, 0);
  EXPECT_EQ(bench.sink.records.back().tick, 769U);
}

TEST(Sampler, ABusyRailLosesItsReadingAndGoesOn) {
  Bench bench;
  int reads = 0;
  bench.add({"VDD_IN"}).status = [&](std::size_t, Instant) {
    return ++reads % 4 == 0 ? ReadStatus::kTryAgain : ReadStatus::kOk;
  };
  const SamplerReport report = bench.run_for(milliseconds(100));
  EXPECT_EQ(report.rails[0].readings, 75);
  EXPECT_EQ(report.rails[0].try_again, 25);
  EXPECT_EQ(bench.sink.records[3].status, static_cast<std::int16_t>(ReadStatus::kTryAgain));
  EXPECT_EQ(bench.sink.records[3].power_uw, kNoValue64);
}

TEST(Sampler, ADisabledRailIsLeftOutUntilItIsSwitchedOnAgain) {
  Bench bench;
  const Instant start = bench.clock.now();
  bench.add({"VDD_IN", "VDD_SOC"}).status = [&](std::size_t rail, Instant now) {
    const bool off = rail == 1 && now < start + milliseconds(50);
    return off ? ReadStatus::kDisabled : ReadStatus::kOk;
  };
  const SamplerReport report = bench.run_for(milliseconds(100));
  EXPECT_EQ(report.rails[0].readings, 100);
  EXPECT_EQ(report.rails[1].disabled, 50);
  EXPECT_EQ(report.rails[1].readings, 50);
  EXPECT_EQ(bench.sink.records.size(), 100U + 1U + 50U);
}

TEST(Sampler, ASensorThatVanishesEndsWhileOthersGoOn) {
  Bench bench;
  const Instant start = bench.clock.now();
  FakeSensor& first = bench.add({"VDD_IN"});
  first.status = [&](std::size_t, Instant now) {
    return now < start + milliseconds(30) ? ReadStatus::kOk : ReadStatus::kGone;
  };
  bench.add({"package-0"});
  const SamplerReport report = bench.run_for(milliseconds(100));
  EXPECT_EQ(report.end, SamplerEnd::kReachedEnd);
  EXPECT_EQ(report.rails[0].readings, 30);
  ASSERT_TRUE(report.rails[0].gone);
  EXPECT_EQ(*report.rails[0].gone, start + milliseconds(30));
  EXPECT_EQ(first.reads, 31);
  EXPECT_EQ(report.rails[1].readings, 100);
}

TEST(Sampler, EndsWhenEveryRailIsGoneAndKeepsWhatItHas) {
  Bench bench;
  const Instant start = bench.clock.now();
  bench.add({"VDD_IN", "VDD_SOC"}).status = [&](std::size_t rail, Instant now) {
    return now < start + milliseconds(rail == 0 ? 20 : 40) ? ReadStatus::kOk : ReadStatus::kGone;
  };
  const SamplerReport report = bench.run_for(seconds(10));
  EXPECT_EQ(report.end, SamplerEnd::kAllGone);
  EXPECT_EQ(report.rails[0].readings + report.rails[1].readings, 60);
  EXPECT_EQ(bench.sink.flushed, 62U);
}

TEST(Sampler, FlushesOftenEnoughToLoseLessThanASecond) {
  Bench bench;
  bench.add({"VDD_IN"});
  bench.run_for(seconds(10));
  EXPECT_GE(bench.sink.flushes, 38);
  EXPECT_LE(bench.sink.flushes, 41);
}

TEST(Sampler, StopsWhenNobodyWantsTheRecordingAnyMore) {
  Bench bench;
  bench.add({"VDD_IN"});
  int asked = 0;
  bench.options.still_wanted = [&] { return ++asked < 3; };
  const SamplerReport report = bench.run_for(seconds(10));
  EXPECT_EQ(report.end, SamplerEnd::kUnwanted);
  EXPECT_LT(report.ticks, 800);
  EXPECT_EQ(bench.sink.flushed, bench.sink.records.size());
}

TEST(Sampler, StopsOnCancellation) {
  Bench bench;
  int reads = 0;
  bench.add({"VDD_IN"}).status = [&](std::size_t, Instant) {
    if (++reads == 5) bench.stop.request();
    return ReadStatus::kOk;
  };
  const SamplerReport report = bench.run_for(seconds(10));
  EXPECT_EQ(report.end, SamplerEnd::kStopped);
  EXPECT_EQ(report.ticks, 5);
  EXPECT_EQ(bench.sink.flushed, 5U);
}

TEST(Sampler, AFullDiskEndsTheRecordingWithItsReason) {
  Bench bench;
  bench.add({"VDD_IN"});
  bench.sink.room = 100;
  const SamplerReport report = bench.run_for(seconds(10));
  EXPECT_EQ(report.end, SamplerEnd::kCannotWrite);
  ASSERT_TRUE(report.error);
  EXPECT_THAT(report.error->message(), ::testing::HasSubstr("no space left"));
  EXPECT_EQ(bench.sink.records.size(), 100U);
}

TEST(Sampler, AllocatesNothingHoweverLongItRuns) {
  const auto allocations_of = [](Duration length) {
    Bench bench;
    bench.add({"VDD_IN", "VDD_SOC", "VDD_CPU"}).status = [n = 0](std::size_t, Instant) mutable {
      return ++n % 7 == 0 ? ReadStatus::kTryAgain : ReadStatus::kOk;
    };
    bench.options.end = bench.clock.now() + length;
    const testing::AllocationCounter counter;
    const SamplerReport report =
        sample(bench.sensors, bench.clock, bench.sink, bench.options, bench.stop);
    const int allocations = counter.count();
    EXPECT_EQ(report.ticks, length / milliseconds(1));
    return allocations;
  };
  EXPECT_EQ(allocations_of(seconds(20)), allocations_of(milliseconds(1)));
}

}  // namespace
}  // namespace layerwatt
