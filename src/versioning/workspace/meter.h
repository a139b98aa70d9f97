#pragma once

#include <cstdint>
#include <mutex>

#include "layerwatt/versioning/observer.h"

namespace layerwatt::versioning {

/// Sums up what several threads have done, and tells it to one observer. Thread-safe.
class Meter {
 public:
  explicit Meter(const Watch& watch) : watch_(watch) {}

  void begin(std::string_view what, std::int64_t total, bool counts_files = false) {
    const std::lock_guard lock(mutex_);
    done_ = 0;
    if (watch_.observer != nullptr) watch_.observer->began(what, total, counts_files);
  }
  void advance(std::int64_t by) {
    const std::lock_guard lock(mutex_);
    done_ += by;
    if (watch_.observer != nullptr) watch_.observer->advanced(done_);
  }
  void say(std::string_view what) {
    const std::lock_guard lock(mutex_);
    if (watch_.observer != nullptr) watch_.observer->said(what);
  }
  bool is_cancelled() const { return watch_.is_cancelled(); }

 private:
  Watch watch_;
  std::mutex mutex_;
  std::int64_t done_ = 0;
};

}  // namespace layerwatt::versioning
