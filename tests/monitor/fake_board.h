#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/time.h"
#include "layerwatt/monitor/monitor_source.h"

namespace layerwatt::testing {

/// A board in memory with a rail of 5 W a name, which vanishes and returns as a test says.
class FakeBoard {
 public:
  explicit FakeBoard(std::vector<std::string> names) : names_(std::move(names)) {}

  OpenSource open() {
    return [this]() -> Result<MonitorSource> {
      ++opened;
      if (gone) return Error(ErrorCode::kNotFound, "this machine has no power sensor");
      MonitorSource source;
      source.board.name = "fake board";
      source.total = {names_.front()};
      source.sensors.push_back(std::make_unique<FakeRails>(*this));
      return source;
    };
  }

  std::atomic<bool> gone{false};
  std::atomic<int> opened{0};

 private:
  class FakeRails final : public Sensor {
   public:
    explicit FakeRails(FakeBoard& board) : board_(board) {
      for (const std::string& name : board.names_) {
        Rail rail;
        rail.name = name;
        rail.sensor = "fake";
        rail.kind = RailKind::kPower;
        rails_.push_back(rail);
      }
    }
    std::span<const Rail> rails() const override { return rails_; }
    void read(std::span<Reading> out) noexcept override {
      for (Reading& reading : out) {
        const Instant now = MonotonicClock::now();
        reading = {now,
                   now,
                   5'000'000,
                   kNoValue64,
                   kNoValue32,
                   kNoValue32,
                   board_.gone ? ReadStatus::kGone : ReadStatus::kOk};
      }
    }

   private:
    FakeBoard& board_;
    std::vector<Rail> rails_;
  };

  std::vector<std::string> names_;
};

/// Gives way until `holds`; false after a minute.
inline bool wait_until(const std::function<bool()>& holds) {
  const Instant end = MonotonicClock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (MonotonicClock::now() > end) return false;
    const timespec moment{0, 1'000'000};
    ::nanosleep(&moment, nullptr);
  }
  return true;
}

}  // namespace layerwatt::testing
