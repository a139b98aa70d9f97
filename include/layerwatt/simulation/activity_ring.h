#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

// What a measuring process is doing right now, told to a live virtual board (`layerwatt
// virtual-board`) through a file that both map into memory.

/// From `at` on, `segment` runs; kActivityGap: nothing of the network does; kActivityIdle: the run
/// is over or has not begun.
struct ActivityEvent {
  Instant at;
  std::int32_t segment = 0;
  /// 0 for the first execution in its place, 1, 2 … for immediate repeats.
  std::int32_t repeat = 0;
  friend bool operator==(const ActivityEvent&, const ActivityEvent&) = default;
};

inline constexpr std::int32_t kActivityGap = -1;
inline constexpr std::int32_t kActivityIdle = -2;

/// Layout of the file: this header, then `capacity` slots. Index i of all events ever written lies
/// in slot i modulo capacity.
struct ActivityRingHeader {
  static constexpr std::uint64_t kMagic = 0x315443414C'5754ULL;
  std::uint64_t magic;
  std::uint64_t capacity;
  /// Events written so far; the only word that both sides wait on, alone in its cache line.
  alignas(64) std::atomic<std::uint64_t> written;
};

struct ActivitySlot {
  std::atomic<std::int64_t> at_ns;
  /// Segment in the high half, repeat in the low one.
  std::atomic<std::int64_t> what;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free && sizeof(ActivitySlot) == 16);

/// A mapped ring file; unmapped with the object. Internal to the two classes below.
class ActivityMapping {
 public:
  ActivityMapping(ActivityMapping&& other) noexcept;
  ActivityMapping& operator=(ActivityMapping&& other) noexcept;
  ~ActivityMapping();

  /// Maps the ring at `path`; makes one of `capacity` events if there is none. kParse for a file
  /// that is not a ring.
  static Result<ActivityMapping> open(const std::filesystem::path& path, std::size_t capacity);

  ActivityRingHeader& header() const { return *static_cast<ActivityRingHeader*>(memory_); }
  ActivitySlot& slot(std::uint64_t index) const { return slots_[index & mask_]; }
  std::uint64_t capacity() const { return mask_ + 1; }

 private:
  ActivityMapping(void* memory, std::size_t size, std::uint64_t capacity);
  void* memory_;
  std::size_t size_;
  ActivitySlot* slots_;
  std::uint64_t mask_;
};

/// A reader that is not let run for half a second, which happens on a busy machine, loses nothing
/// of a network whose layers take microseconds.
inline constexpr std::size_t kDefaultActivityCapacity = std::size_t{1} << 18;

/// The measuring side. One writer at a time; a later one goes on where the last one stopped.
class ActivityWriter {
 public:
  static Result<ActivityWriter> open(const std::filesystem::path& path,
                                     std::size_t capacity = kDefaultActivityCapacity);

  /// From `at` on, `segment` runs. Some nanoseconds, no system call, never waits: a slow reader
  /// loses events and knows it.
  void begin(Instant at, std::int32_t segment, std::int32_t repeat) noexcept {
    ActivitySlot& slot = mapping_.slot(next_);
    // Release: a reader that sees the new content of a slot also sees that it was about to be
    // reused.
    slot.at_ns.store(to_ns(at), std::memory_order_release);
    slot.what.store(pack(segment, repeat), std::memory_order_release);
    mapping_.header().written.store(++next_, std::memory_order_release);
  }
  /// Nothing runs from `at` on, but the run goes on.
  void gap(Instant at) noexcept { begin(at, kActivityGap, 0); }
  /// The run is over.
  void idle(Instant at) noexcept { begin(at, kActivityIdle, 0); }

 private:
  explicit ActivityWriter(ActivityMapping mapping);
  static std::int64_t pack(std::int32_t segment, std::int32_t repeat) {
    return static_cast<std::int64_t>(
        (static_cast<std::uint64_t>(static_cast<std::uint32_t>(segment)) << 32) |
        static_cast<std::uint32_t>(repeat));
  }
  ActivityMapping mapping_;
  std::uint64_t next_;
};

/// The reading side; any number of readers.
class ActivityReader {
 public:
  /// Events written before are not read.
  static Result<ActivityReader> open(const std::filesystem::path& path,
                                     std::size_t capacity = kDefaultActivityCapacity);

  /// Copies the next events, oldest first, to `out` and returns how many. Those overwritten before
  /// they were read are counted in lost() and passed over.
  std::size_t read(std::span<ActivityEvent> out) noexcept;
  std::uint64_t lost() const { return lost_; }

 private:
  explicit ActivityReader(ActivityMapping mapping);
  ActivityMapping mapping_;
  std::uint64_t next_;
  std::uint64_t lost_ = 0;
};

}  // namespace layerwatt
