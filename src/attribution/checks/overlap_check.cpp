#include "attribution/checks/overlap_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Passes that overlap for less than this part of their time do so by rounding of stamps.
constexpr double kOverlap = 0.02;
/// trtexec --infStreams and servers run a handful; run times a thousandfold make fifty and more.
constexpr double kMostStreams = 32.0;

}  // namespace

double overlap_of_passes(const PassTimes& times) {
  return times.all > 0.0 ? times.shared / times.all : 0.0;
}

std::string refuse_crowd(const PassTimes& times) {
  const double at_once = times.all / std::max(times.all - times.shared, 1e-12);
  if (at_once <= kMostStreams) return {};
  return fmt::format(
      "run times and stamps contradict each other: {} passes would run at once all the time; are "
      "run times of another unit than milliseconds?",
      format_fixed(at_once, 0));
}

std::optional<CheckFinding> check_overlap(const PassTimes& times) {
  const double part = overlap_of_passes(times);
  if (part < kOverlap) return std::nullopt;
  return CheckFinding{
      RecordingCheck::kPasses,
      fmt::format("Passes overlap ({} % of their time): layers of several passes draw "
                  "at once, so no layer is told, only what a pass costs on average.",
                  format_fixed(100.0 * part, 0))};
}

}  // namespace layerwatt
