// The virtual board of the live tests, in a process of its own:
//   layerwatt_test_board TREE RING WATTS...
// Powers above idle of segment 0, 1, …; 0.5 W between them. Serves for a minute, or until SIGTERM.
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>

#include "layerwatt/core/numbers.h"
#include "layerwatt/simulation/live_virtual_board.h"
#include "layerwatt/simulation/virtual_recording.h"

namespace layerwatt {
namespace {

/// A filter of 13 ms instead of 0.43 s, so that seconds suffice.
constexpr int kSensorSamples = 16;

int fail(std::string_view text) {
  std::fprintf(stderr, "layerwatt_test_board: %.*s\n", static_cast<int>(text.size()), text.data());
  return 2;
}

int serve(int count, char** words) {
  if (count < 4) return fail("TREE RING WATTS... are needed");
  const auto stock = find_virtual_board("orin-nano");
  if (!stock) return fail(stock.error().message());
  const auto board = with_sensor_settings(*stock, kSensorSamples, std::nullopt);
  if (!board) return fail(board.error().message());
  LiveBoardOptions options;
  options.board = *board;
  options.sysfs = words[1];
  options.activity = words[2];
  for (int i = 3; i < count; ++i) {
    const auto watts = parse_double(words[i]);
    if (!watts) return fail("powers are numbers");
    options.powers.first.emplace_back(*watts);
  }
  options.powers.repeated = options.powers.first;
  options.powers.gap = Watts(0.5);
  options.duration = std::chrono::minutes(1);
  Cancellation stop;
  const SignalCancellation signals(stop);
  const auto summary = serve_virtual_board(options, stop, [] {});
  return summary ? 0 : fail(summary.error().message());
}

}  // namespace
}  // namespace layerwatt

int main(int count, char** words) { return layerwatt::serve(count, words); }
