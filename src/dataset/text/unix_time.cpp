#include "dataset/text/unix_time.h"

#include <time.h>

#include <chrono>

namespace layerwatt {

std::optional<LocalTime> local_of_unix(double seconds) {
  if (!(seconds >= 0.0 && seconds < 4e9)) return std::nullopt;
  const auto whole = static_cast<time_t>(seconds);
  struct tm civil {};
  if (::localtime_r(&whole, &civil) == nullptr) return std::nullopt;
  return LocalTime(from_seconds(seconds) + std::chrono::seconds(civil.tm_gmtoff));
}

}  // namespace layerwatt
