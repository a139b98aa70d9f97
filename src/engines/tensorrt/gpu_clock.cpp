#include "engines/tensorrt/gpu_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace layerwatt::trt {
namespace {

/// The tightest of several brackets: the host may be interrupted within one.
constexpr int kAttempts = 5;
/// A float of milliseconds resolves 0.1 µs up to here.
constexpr Duration kRenewAfter = std::chrono::seconds(1);

}  // namespace

Result<GpuClock> GpuClock::start(Cuda& cuda, Stream stream) {
  GpuClock clock(cuda, stream);
  clock.event_ = cuda.make_event(false);
  clock.spare_ = cuda.make_event(false);
  if (clock.event_ == nullptr || clock.spare_ == nullptr) return clock.failed("make an event");
  if (auto r = clock.anchor(); !r) return std::move(r).error();
  return clock;
}

GpuClock::GpuClock(GpuClock&& other) noexcept
    : cuda_(other.cuda_),
      stream_(other.stream_),
      event_(std::exchange(other.event_, nullptr)),
      spare_(std::exchange(other.spare_, nullptr)),
      at_(other.at_),
      anchored_(other.anchored_),
      uncertainty_(other.uncertainty_),
      drift_(other.drift_) {}

GpuClock::~GpuClock() {
  if (event_ != nullptr) cuda_->free_event(event_);
  if (spare_ != nullptr) cuda_->free_event(spare_);
}

Error GpuClock::failed(std::string_view what) const {
  return Error(ErrorCode::kInternal, fmt::format("CUDA cannot {}: {}", what, cuda_->last_error()));
}

Result<void> GpuClock::anchor() {
  std::optional<Duration> tightest;
  Instant at;
  for (int i = 0; i < kAttempts; ++i) {
    const Instant before = MonotonicClock::now();
    if (!cuda_->record(spare_, stream_)) return failed("record an event");
    if (!cuda_->wait_event(spare_)) return failed("wait for an event");
    const Instant after = MonotonicClock::now();
    const Duration half = (after - before) / 2;
    // Only the last event is kept, so a tight attempt ends the search.
    at = before + half;
    const bool good = !tightest || half <= *tightest;
    tightest = half;
    if (good && i + 1 >= kAttempts / 2) break;
  }
  if (anchored_) {
    const auto placed = when(spare_);
    if (!placed) return placed.error();
    drift_ = std::max(drift_, std::chrono::abs(at - *placed));
  }
  std::swap(event_, spare_);
  at_ = at;
  anchored_ = true;
  uncertainty_ = std::max(uncertainty_, *tightest);
  return {};
}

Result<Instant> GpuClock::when(Event event) const {
  const auto elapsed = cuda_->elapsed_milliseconds(event_, event);
  if (!elapsed) return failed("tell the time between two events");
  return at_ + from_seconds(1e-3 * static_cast<double>(*elapsed));
}

Result<void> GpuClock::renew_if_old(Instant now) {
  if (now - at_ < kRenewAfter) return {};
  return anchor();
}

}  // namespace layerwatt::trt
