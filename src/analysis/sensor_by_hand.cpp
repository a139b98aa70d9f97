#include "layerwatt/analysis/sensor_by_hand.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/power_chips.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

/// Boards whose total is on an INA3221 with three channels enabled, and those with an INA238
/// (AGX Thor), by their device trees.
constexpr std::array<std::string_view, 9> kBoards = {
    "agx-orin", "thor", "agx-xavier", "nano", "orin-nano", "orin-nx", "tx2", "tx2-nx", "xavier-nx"};
constexpr std::string_view kThor = "thor";

SensorModel thor() {
  SensorModel model;
  model.period = ina238::kConversionsPerCycle * ina238::kUsualConversionTime;
  model.conversion_window = ina238::kUsualConversionTime;
  model.averaging = Averaging::kBlock;
  model.average_count = ina238::kUsualAverages;
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
  const int samples = given.samples.value_or(ina3221::kStockAverages);
  const Duration time = given.conversion_time.value_or(140us);
  if (std::ranges::find(ina3221::kAverages, samples) == ina3221::kAverages.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("an INA3221 averages {} conversions, not {}",
                             fmt::join(ina3221::kAverages, ", "), samples));
  }
  if (std::ranges::find(ina3221::kConversionTimes, time) == ina3221::kConversionTimes.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("a conversion of an INA3221 takes 140, 204, 332, 588, 1100, 2116, "
                             "4156 or 8244 µs, not {:g}",
                             1e6 * to_seconds(time)));
  }
  SensorModel model;
  if (given.board == kThor) {
    model = thor();
  } else {
    model.period = ina3221::kConversionsPerChannel * ina3221::kChannels * time;
    model.conversion_window = time;
    model.average_count = samples;
    model.averaging = samples > 1 ? Averaging::kExponential : Averaging::kNone;
  }
  model.provenance = Provenance::kDeclared;
  model.source = "given by hand";
  return model;
}

}  // namespace layerwatt
