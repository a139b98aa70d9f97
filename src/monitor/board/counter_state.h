#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

#include "monitor/board/board_reading.h"

namespace layerwatt {

/// What the counters stood at when the service ended in good order, so that they go on from there:
/// between its last scrape and its end a counter rises, and who begins at 0 again loses that.
struct CounterState {
  /// Of the kernel: after a reboot counters begin at 0.
  std::string boot_id;
  /// When it was written, in time since that boot, sleep included.
  Duration since_boot{0};
  /// When the counters began, in seconds of Unix time.
  double began_unix_seconds = 0.0;
  struct CountedRail {
    std::string name;
    std::string sensor;
    RailReading reading;
  };
  std::vector<CountedRail> rails;
  SamplerTally sampler;
};

/// The present boot and how long ago it was; absent where the kernel does not tell.
struct BootTime {
  std::string id;
  Duration since_boot{0};
};
std::optional<BootTime> read_boot_time();

/// kParse names what is missing or of another kind; values below zero are refused too.
Result<CounterState> parse_counter_state(std::string_view text);
Result<void> write_counter_state(const std::filesystem::path& path, const CounterState& state);

/// Reads the file and removes it, so that a service that crashes does not go back to what it once
/// stood at: a counter that falls is taken for one that began anew. Nullopt where there is none, or
/// one of another boot. An error only for a file that is none of ours.
Result<std::optional<CounterState>> take_counter_state(const std::filesystem::path& path,
                                                       const std::optional<BootTime>& boot);

}  // namespace layerwatt
