#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/time.h"

namespace layerwatt {

/// Parses "YYYYMMDD-HH:MM:SS[.f…]", one to nine digits of fraction, as the published power logs and
/// layer stamps have it. The whole text must match; dates that do not exist are refused.
std::optional<LocalTime> parse_local_stamp(std::string_view text);
/// "YYYYMMDD-HH:MM:SS.ffffff": microseconds, rounded down.
std::string format_local_stamp(LocalTime t);
/// Writes the 24 characters of format_local_stamp() to `out`, which has room for them.
void write_local_stamp(LocalTime t, char* out);
inline constexpr int kLocalStampLength = 24;

/// "YYYYMMDD-HHMMSS", as `timestamp` in the published JSON files.
std::string format_local_second(LocalTime t);
/// ISO 8601 with offset, for run.json: "2024-11-21T05:20:04.261448+01:00".
std::string format_iso8601(LocalTime t, Duration utc_offset);

}  // namespace layerwatt
