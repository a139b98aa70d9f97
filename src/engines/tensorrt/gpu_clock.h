#pragma once

#include <optional>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

#include "engines/tensorrt/tensorrt_seam.h"

namespace layerwatt::trt {

/// Events of one stream on the machine's monotonic clock. An anchor is an event that the GPU
/// reaches between two readings of our clock, with nothing before it in the stream; half their
/// distance is its uncertainty. CUDA tells distances of events as a float of milliseconds, with
/// half a microsecond of resolution, so anchors are renewed before that float gets coarse.
class GpuClock {
 public:
  /// `stream` must be idle now and outlive this object.
  static Result<GpuClock> start(Cuda& cuda, Stream stream);
  GpuClock(GpuClock&& other) noexcept;
  GpuClock& operator=(GpuClock&&) = delete;
  ~GpuClock();

  /// When the GPU reached `event`, which is over.
  Result<Instant> when(Event event) const;
  /// To be called while the stream is idle: a new anchor where the last is old.
  Result<void> renew_if_old(Instant now);
  /// Largest uncertainty of an anchor, and by how much an anchor was off where the one before it
  /// had placed it: what is known of how well the clocks agree.
  Duration uncertainty() const { return uncertainty_; }
  Duration drift() const { return drift_; }

 private:
  GpuClock(Cuda& cuda, Stream stream) : cuda_(&cuda), stream_(stream) {}
  Result<void> anchor();
  Error failed(std::string_view what) const;

  Cuda* cuda_;
  Stream stream_;
  Event event_ = nullptr;
  Event spare_ = nullptr;
  Instant at_;
  bool anchored_ = false;
  Duration uncertainty_{0};
  Duration drift_{0};
};

}  // namespace layerwatt::trt
