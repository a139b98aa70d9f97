#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "layerwatt/recording/sampler.h"

namespace layerwatt::testing {

/// Time that passes only where a test lets it: asleep, and while a sensor is read.
class FakeClock final : public SamplerClock {
 public:
  Instant now() noexcept override { return now_; }
  void sleep_until(Instant deadline) noexcept override {
    if (deadline > now_) now_ = deadline;
    if (oversleep) now_ += oversleep(now_);
  }
  void pass(Duration d) noexcept { now_ += d; }

  /// How much later than asked the sleeper wakes.
  std::function<Duration(Instant)> oversleep;

 private:
  Instant now_ = instant_from_ns(1'000'000'000);
};

/// A sensor that shows 5 W, or whatever `status` says, and takes `read_time` a rail.
class FakeSensor final : public Sensor {
 public:
  FakeSensor(FakeClock& clock, std::vector<std::string> names) : clock_(clock) {
    for (std::string& name : names) {
      Rail rail;
      rail.name = std::move(name);
      rail.kind = RailKind::kPower;
      rails_.push_back(std::move(rail));
    }
  }

  std::span<const Rail> rails() const override { return rails_; }
  void read(std::span<Reading> out) noexcept override {
    ++reads;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Instant before = clock_.now();
      clock_.pass(read_time);
      const ReadStatus state = status ? status(i, before) : ReadStatus::kOk;
      const bool ok = state == ReadStatus::kOk;
      out[i] = {before,     clock_.now(), ok ? 5'000'000 : kNoValue64, kNoValue64, kNoValue32,
                kNoValue32, state};
    }
  }

  Duration read_time = std::chrono::microseconds(20);
  std::function<ReadStatus(std::size_t rail, Instant)> status;
  int reads = 0;

 private:
  FakeClock& clock_;
  std::vector<Rail> rails_;
};

/// Keeps records in memory that was reserved before; refuses once `room` is used up.
class FakeSink final : public RecordSink {
 public:
  explicit FakeSink(std::size_t reserved = 100'000) { records.reserve(reserved); }

  Result<void> append(const PowerRecord& record) override {
    if (records.size() == room) return Error(ErrorCode::kIo, "no space left");
    records.push_back(record);
    return {};
  }
  Result<void> flush() override {
    flushed = records.size();
    ++flushes;
    return {};
  }

  std::vector<PowerRecord> records;
  std::size_t room = SIZE_MAX;
  std::size_t flushed = 0;
  int flushes = 0;
};

}  // namespace layerwatt::testing
