#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/simulation/activity_ring.h"
#include "layerwatt/simulation/virtual_board.h"
#include "layerwatt/simulation/virtual_load.h"

namespace layerwatt {

/// Turns what a measuring process says it does into the load that it puts on a virtual board.
class ActivityLoad {
 public:
  explicit ActivityLoad(LayerPowers powers) : powers_(std::move(powers)) {}

  /// From the event's time on. Segments without a known power draw as much as a gap.
  LoadStep step(const ActivityEvent& event);
  /// A gap that has lasted longer than kLongestGap at `now` ends in idle: the step to it.
  std::optional<LoadStep> end_of_long_gap(Instant now);

 private:
  LayerPowers powers_;
  std::optional<Instant> gap_since_;
};

/// A virtual board that lives: a process serves its files in real time, another measures.
struct LiveBoardOptions {
  VirtualBoard board;
  /// The tree of files to be made; and, in it, virtual_truth.json.
  std::filesystem::path sysfs;
  /// The ring that the measuring process writes (activity_ring.h); made if it is not there.
  std::filesystem::path activity;
  /// Above idle; segments are known by number alone.
  LayerPowers powers;
  std::uint64_t seed = 1;
  /// Serves until cancelled where absent.
  std::optional<Duration> duration;
};

/// How it went.
struct LiveBoardSummary {
  std::int64_t cycles = 0;
  std::uint64_t events = 0;
  /// Overwritten in the ring before they were read: their energy is missing.
  std::uint64_t lost_events = 0;
  /// Wake-ups more than a conversion cycle late; the values are exact all the same, but were seen
  /// late.
  std::int64_t late_cycles = 0;
  double cpu_share = 0.0;
};

/// Serves until cancelled or the duration is over. `ready` is called once the files can be read.
///
/// It sleeps until just after the next conversion of the rail (the first of the total), integrates
/// what ran meanwhile through low-pass, conversion windows and averaging, exactly, and changes the
/// registers: a value stands in its file some tens of microseconds after the conversion has ended.
Result<LiveBoardSummary> serve_virtual_board(const LiveBoardOptions& options,
                                             const Cancellation& cancellation,
                                             const std::function<void()>& ready);

/// Powers of `segments` segments of which nothing else is known, in the range of the board.
LayerPowers random_segment_powers(std::size_t segments, const VirtualBoard& board,
                                  std::uint64_t seed);

}  // namespace layerwatt
