#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/time.h"

namespace layerwatt {

/// A region of a program begins or ends.
struct RegionMark {
  Instant at;
  /// What runs one after the other: a thread, a coroutine, the lines that a program prints.
  std::uint32_t lane = 0;
  /// Index into RegionMarks::names.
  std::uint32_t region = 0;
  bool begins = false;
  friend bool operator==(const RegionMark&, const RegionMark&) = default;
};

/// The lane of what a program prints; those of a ring begin at 1.
inline constexpr std::uint32_t kPrintedLane = 0;

/// A program that makes up names (one a request) does not fill the memory: later ones are one
/// region, kOtherRegions.
inline constexpr std::size_t kMostRegions = 4096;
inline constexpr std::string_view kOtherRegions = "(other regions)";

/// What a program said of its regions, in the order in which it was heard.
struct RegionMarks {
  std::vector<std::string> names;
  std::vector<RegionMark> marks;
  /// Written by the program and overwritten before they were read.
  std::uint64_t lost = 0;

  /// The index of a name; control characters become spaces, longer names are cut.
  std::uint32_t index_of(std::string_view name);

 private:
  std::map<std::string, std::uint32_t, std::less<>> known_;
};

}  // namespace layerwatt
