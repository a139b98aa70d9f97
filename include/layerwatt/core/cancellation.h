#pragma once

#include <atomic>

namespace layerwatt {

/// A wish to stop, set once and read often; safe to set from a signal handler or another thread.
class Cancellation {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::atomic<bool> requested_{false};
};

/// Routes SIGINT, SIGTERM and SIGHUP to `target` while it lives. A second SIGINT ends the process
/// at once with the default action, so that a person is never trapped. SIGPIPE is ignored
/// meanwhile: a reader of the output that goes away must not cost what is being recorded. One at a
/// time in a process.
class SignalCancellation {
 public:
  explicit SignalCancellation(Cancellation& target);
  ~SignalCancellation();
  SignalCancellation(const SignalCancellation&) = delete;
  SignalCancellation& operator=(const SignalCancellation&) = delete;
};

}  // namespace layerwatt
