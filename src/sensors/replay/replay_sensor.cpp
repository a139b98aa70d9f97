#include "layerwatt/sensors/replay_sensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace layerwatt {
namespace {

template <class Integer>
Integer in_micro(double si_value) {
  return static_cast<Integer>(std::llround(si_value * 1e6));
}

class ReplaySensor final : public Sensor {
 public:
  ReplaySensor(std::vector<PowerTrace> traces, const ReplayOptions& options)
      : traces_(std::move(traces)), options_(options), next_(traces_.size(), 0) {
    begin_ = Instant::max();
    end_ = Instant::min();
    for (PowerTrace& trace : traces_) {
      trace.rail.location = fmt::format("recording of {}", trace.rail.sensor);
      trace.rail.sensor = "replay";
      rails_.push_back(trace.rail);
      begin_ = std::min(begin_, trace.before.front());
      end_ = std::max(end_, trace.after.back());
    }
  }

  std::span<const Rail> rails() const override { return rails_; }

  void read(std::span<Reading> out) noexcept override {
    for (std::size_t r = 0; r < traces_.size(); ++r) {
      const Instant before = options_.now();
      if (!started_) started_ = before;
      Instant recorded = begin_ + (before - *started_);
      if (recorded > end_ && options_.repeat) {
        started_ = before;
        recorded = begin_;
        std::ranges::fill(next_, std::size_t{0});
      }
      out[r] = {before, before, kNoValue64, kNoValue64, kNoValue32, kNoValue32, ReadStatus::kOk};
      if (recorded > end_) {
        out[r].status = ReadStatus::kGone;
      } else {
        show(r, recorded, out[r]);
      }
      out[r].after = options_.now();
    }
  }

 private:
  /// The last sample that had been read by `recorded`, or the first.
  void show(std::size_t r, Instant recorded, Reading& reading) noexcept {
    const PowerTrace& trace = traces_[r];
    std::size_t& k = next_[r];
    while (k + 1 < trace.size() && trace.after[k + 1] <= recorded) ++k;
    if (!trace.power.empty()) reading.power_uw = in_micro<std::int64_t>(trace.power[k].value());
    if (!trace.energy.empty()) reading.energy_uj = in_micro<std::int64_t>(trace.energy[k].value());
    if (!trace.voltage.empty()) {
      reading.voltage_uv = in_micro<std::int32_t>(trace.voltage[k].value());
    }
    if (!trace.current.empty()) {
      reading.current_ua = in_micro<std::int32_t>(trace.current[k].value());
    }
  }

  std::vector<PowerTrace> traces_;
  std::vector<Rail> rails_;
  ReplayOptions options_;
  /// Per rail, the sample that is shown.
  std::vector<std::size_t> next_;
  Instant begin_;
  Instant end_;
  std::optional<Instant> started_;
};

}  // namespace

Result<std::unique_ptr<Sensor>> make_replay_sensor(std::vector<PowerTrace> traces,
                                                   const ReplayOptions& options) {
  if (traces.empty()) {
    return Error(ErrorCode::kInvalidArgument, "the recording to be replayed has no rails");
  }
  for (const PowerTrace& trace : traces) {
    if (auto ok = validate(trace); !ok) return std::move(ok).error();
    if (trace.size() == 0) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("the recording of rail {} has no samples", trace.rail.name));
    }
  }
  return std::unique_ptr<Sensor>(std::make_unique<ReplaySensor>(std::move(traces), options));
}

}  // namespace layerwatt
