#include "layerwatt/recording/sampler.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "recording/sampling/pacer.h"

namespace layerwatt {

std::string_view to_string(SamplerEnd end) {
  switch (end) {
    case SamplerEnd::kStopped:
      return "stopped";
    case SamplerEnd::kReachedEnd:
      return "reached its end";
    case SamplerEnd::kUnwanted:
      return "the process that asked for it ended";
    case SamplerEnd::kAllGone:
      return "every sensor vanished";
    case SamplerEnd::kCannotWrite:
      return "cannot write";
  }
  return "unknown";
}

void SystemSamplerClock::sleep_until(Instant deadline) noexcept {
  const auto since_boot = deadline.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  timespec until{};
  until.tv_sec = static_cast<time_t>(seconds.count());
  until.tv_nsec = static_cast<long>((since_boot - seconds).count());
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

namespace {

/// Everything that the loop touches, allocated before it begins.
class Loop {
 public:
  Loop(std::vector<std::unique_ptr<Sensor>>& sensors, RecordSink& sink, SamplerReport& report)
      : sink_(sink), report_(report) {
    for (const auto& sensor : sensors) {
      const std::size_t count = sensor->rails().size();
      parts_.push_back({sensor.get(), rail_count_, count});
      rail_count_ += count;
    }
    readings_.resize(rail_count_);
    previous_.resize(rail_count_, ReadStatus::kOk);
    report_.rails.resize(rail_count_);
    rails_left_ = rail_count_;
  }

  bool all_gone() const { return rails_left_ == 0; }

  Result<void> read(std::uint32_t tick) {
    for (Part& part : parts_) {
      if (part.rails_left == 0) continue;
      const std::span<Reading> readings(&readings_[part.first], part.count);
      part.sensor->read(readings);
      for (std::size_t i = 0; i < part.count; ++i) {
        if (auto kept = keep(part, part.first + i, tick); !kept) return kept;
      }
    }
    return {};
  }

 private:
  struct Part {
    Part(Sensor* s, std::size_t first_rail, std::size_t rails)
        : sensor(s), first(first_rail), count(rails), rails_left(rails) {}
    Sensor* sensor;
    std::size_t first;
    std::size_t count;
    std::size_t rails_left;
  };

  Result<void> keep(Part& part, std::size_t rail, std::uint32_t tick) {
    const Reading& reading = readings_[rail];
    RailTally& tally = report_.rails[rail];
    if (tally.gone) return {};
    const ReadStatus before = std::exchange(previous_[rail], reading.status);
    switch (reading.status) {
      case ReadStatus::kOk:
        ++tally.readings;
        report_.read_time.add(reading.after - reading.before);
        break;
      case ReadStatus::kTryAgain:
        ++tally.try_again;
        break;
      case ReadStatus::kGarbage:
        ++tally.garbage;
        break;
      case ReadStatus::kDisabled:
        ++tally.disabled;
        if (before == ReadStatus::kDisabled) return {};
        break;
      case ReadStatus::kGone:
        tally.gone = reading.before;
        --part.rails_left;
        --rails_left_;
        break;
    }
    return sink_.append(record_of(reading, rail, tick));
  }

  RecordSink& sink_;
  SamplerReport& report_;
  std::vector<Part> parts_;
  std::vector<Reading> readings_;
  std::vector<ReadStatus> previous_;
  std::size_t rail_count_ = 0;
  std::size_t rails_left_ = 0;
};

}  // namespace

SamplerReport sample(std::vector<std::unique_ptr<Sensor>>& sensors, SamplerClock& clock,
                     RecordSink& sink, const SamplerOptions& options, const Cancellation& stop) {
  SamplerReport report;
  Loop loop(sensors, sink, report);
  report.begin = clock.now();
  Pacer pacer(report.begin, options.period);
  Instant last_flush = report.begin;
  const auto fail = [&](Result<void> failed) {
    report.end = SamplerEnd::kCannotWrite;
    report.error = std::move(failed).error();
  };
  for (;;) {
    if (stop.requested()) {
      report.end = SamplerEnd::kStopped;
      break;
    }
    if (loop.all_gone()) {
      report.end = SamplerEnd::kAllGone;
      break;
    }
    const Instant wake = options.end ? std::min(pacer.deadline(), *options.end) : pacer.deadline();
    if (options.period > Duration(0)) clock.sleep_until(wake);
    const Instant now = clock.now();
    if (now < wake) continue;  // woken by a signal
    if (options.end && now >= *options.end) {
      report.lost_ticks += pacer.missed_before(*options.end);
      report.end = SamplerEnd::kReachedEnd;
      break;
    }
    const Pacer::Tick tick = pacer.begin(now);
    ++report.ticks;
    report.lost_ticks += tick.lost;
    if (pacer.is_late(tick)) ++report.late_ticks;
    report.lateness.add(tick.lateness);
    sink.begin_tick({tick.number, tick.lateness, pacer.is_late(tick), tick.lost});
    if (auto kept = loop.read(tick.number); !kept) {
      fail(std::move(kept));
      break;
    }
    // Right after the reads, where the most time is left before the next deadline.
    const Instant done = clock.now();
    if (done - last_flush < options.flush_every) continue;
    last_flush = done;
    if (auto flushed = sink.flush(); !flushed) {
      fail(std::move(flushed));
      break;
    }
    report.flush_time.add(clock.now() - done);
    if (options.still_wanted && !options.still_wanted()) {
      report.end = SamplerEnd::kUnwanted;
      break;
    }
  }
  report.finish = clock.now();
  if (report.end != SamplerEnd::kCannotWrite) {
    if (auto flushed = sink.flush(); !flushed) fail(std::move(flushed));
  }
  return report;
}

}  // namespace layerwatt
