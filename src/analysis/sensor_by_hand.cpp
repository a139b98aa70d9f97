#include "layerwatt/analysis/sensor_by_hand.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "layerwatt/core/nearest_name.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

/// Boards whose total is on an INA3221 with three channels enabled, and those with an INA238
/// (AGX Thor), by their device trees.
constexpr std::array<std::string_view, 9> kBoards = {
    "agx-orin", "thor", "agx-xavier", "nano", "orin-nano", "orin-nx", "tx2", "tx2-nx", "xavier-nx"};
constexpr std::string_view kThor = "thor";
/// SBOS576B table 2 and 3.
constexpr std::array kSamples = {1, 4, 16, 64, 128, 256, 512, 1024};
constexpr std::array<Duration, 8> kTimes = {140us,  204us,  332us,  588us,
                                            1100us, 2116us, 4156us, 8244us};
constexpr int kChannels = 3;

SensorModel thor() {
  SensorModel model;
  model.period = 3 * Duration(1052us);
  model.conversion_window = 1052us;
  model.averaging = Averaging::kBlock;
  model.average_count = 16;
  return model;
}

}  // namespace

std::span<const std::string_view> boards_by_hand() { return kBoards; }

Result<SensorModel> sensor_by_hand(const SensorByHand& given) {
  if (!given.board.empty() && std::ranges::find(kBoards, given.board) == kBoards.end()) {
    const auto near = nearest_name(given.board, kBoards);
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("no board '{}' is known{}; there are: {}", given.board,
                             near ? fmt::format(" (did you mean '{}'?)", *near) : "",
                             fmt::join(kBoards, ", ")));
  }
  const int samples = given.samples.value_or(512);
  const Duration time = given.conversion_time.value_or(140us);
  if (std::ranges::find(kSamples, samples) == kSamples.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("an INA3221 averages {} conversions, not {}",
                             fmt::join(kSamples, ", "), samples));
  }
  if (std::ranges::find(kTimes, time) == kTimes.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("a conversion of an INA3221 takes 140, 204, 332, 588, 1100, 2116, "
                             "4156 or 8244 µs, not {:g}",
                             1e6 * to_seconds(time)));
  }
  SensorModel model;
  if (given.board == kThor) {
    model = thor();
  } else {
    model.period = 2 * kChannels * time;
    model.conversion_window = time;
    model.average_count = samples;
    model.averaging = samples > 1 ? Averaging::kExponential : Averaging::kNone;
  }
  model.provenance = Provenance::kDeclared;
  model.source = "given by hand";
  return model;
}

}  // namespace layerwatt
