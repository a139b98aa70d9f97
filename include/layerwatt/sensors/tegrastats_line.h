#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "layerwatt/core/time.h"

namespace layerwatt {

/// One line that NVIDIA's tegrastats printed, any release from JetPack 3 to 7. Names are views into
/// the parsed text, which must outlive this. Reuse one object for many lines: its vectors keep
/// their memory.
struct TegrastatsLine {
  struct Memory {
    std::int64_t used_kb = 0;
    std::int64_t total_kb = 0;
    /// "lfb AxB": A free blocks of B kilobytes, the largest that there are (IRAM prints B alone: A
    /// is 1).
    std::optional<std::int64_t> free_blocks;
    std::optional<std::int64_t> free_block_kb;
    /// Swap cache; SWAP only.
    std::optional<std::int64_t> cached_kb;
  };
  struct Core {
    /// Absent for a core that is off-line.
    std::optional<int> load_percent;
    std::optional<int> clock_mhz;
  };
  struct Engine {
    std::string_view name;
    bool is_off = false;
    std::optional<int> load_percent;
    /// One clock a cluster, in MHz; `clock_count` of them.
    static constexpr int kMaxClocks = 8;
    std::array<int, kMaxClocks> clocks_mhz{};
    int clock_count = 0;
  };
  struct Temperature {
    std::string_view name;
    /// Thousandths of a degree Celsius; −256000 is a sensor that is off.
    std::int32_t milli_celsius = 0;
    /// The second number of JetPack 7.2, probably the highest so far.
    std::optional<std::int32_t> second_milli_celsius;
  };
  struct Power {
    std::string_view name;
    /// Filtered by the sensor chip like any reading of it (facts on the INA3221).
    std::int64_t present_uw = 0;
    /// The mean of all lines since that tegrastats started: never the power of a moment.
    std::int64_t average_uw = 0;
    /// The third number of JetPack 7.2, probably the peak since the start.
    std::optional<std::int64_t> peak_uw;
    /// Digits behind the point of the milliwatts, up to three; 0 in every release seen.
    int decimals = 0;
  };
  struct BackgroundTasks {
    int foreground_percent = 0;
    int background_percent = 0;
  };

  /// Resolution one second; absent on JetPack 4 and earlier.
  std::optional<LocalTime> stamp;
  /// "<seconds>::" put before the line by a recording program.
  std::optional<double> prefix_seconds;
  std::optional<Memory> ram;
  std::optional<Memory> swap;
  std::optional<Memory> iram;
  std::vector<Core> cpu;
  /// JetPack 3 prints one clock behind the list of loads.
  std::optional<int> cpu_clock_mhz;
  std::optional<BackgroundTasks> mts;
  std::vector<Engine> engines;
  std::vector<Temperature> temperatures;
  /// In printed order; names may repeat ("NC").
  std::vector<Power> power;
  /// Names whose value has the form of a rail's ("a/b") and could not be read.
  std::vector<std::string_view> unread;
  /// Words that were none of the above.
  int skipped_words = 0;
  /// The last of those is a name whose value is missing: the line may go on in the next.
  bool ends_in_a_name = false;

  void clear();
};

/// Parses one line, without its newline, into `line`, whose former content is dropped. Words that
/// are not known are skipped and counted. False for what is no line of tegrastats: no memory field,
/// or a NUL byte (a log cut by a power failure).
bool parse_tegrastats_line(std::string_view text, TegrastatsLine& line);

}  // namespace layerwatt
