#include "attribution/fit/block_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "attribution/clock/block_clock.h"
#include "attribution/fit/timing_fit.h"
#include "attribution/model/counter_windows.h"

namespace layerwatt {
namespace {

/// Ends are tried in steps of this, but not many more than so often.
constexpr double kShiftStep = 40e-6;
constexpr double kMostShifts = 120.0;
/// How late a register may show what it holds, in reads.
constexpr double kMostLag = 0.2;
/// Reads nearer than this part of a block to its end may be of the block before.
constexpr double kMargin = 0.2;
/// The constant is looked for in so many blocks in the middle of the load.
constexpr double kSearchedBlocks = 300.0;
/// So many of the best are fitted in full.
constexpr std::size_t kFitted = 4;
constexpr int kSteps = 8;
/// Blocks per unknown power, at least.
constexpr double kBlocksPerUnknown = 1.5;
/// A clock is right where it leaves less than this part of the variance of the readings, if they
/// vary by more than this part of the load.
constexpr double kExplains = 0.3;
constexpr double kTellingSpread = 0.02;

class BlockFit {
 public:
  BlockFit(const BlockFitInput& input, ConversionClock clock)
      : input_(input),
        load_(*input.load),
        readings_(fast_readings(*input.trace, load_.origin)),
        clock_(std::move(clock)) {
    sensor_.period = input.period * input.count;
    sensor_.window = input.window;
    sensor_.block_count = input.count;
  }

  FineFit run();

 private:
  void find_mean_power();
  std::vector<TimingFit::Start> starts() const;
  TimingFit::Start start_at(double earlier) const;
  void judge(double left, FineFit& found) const;

  BlockFitInput input_;
  const LoadPieces& load_;
  FastReadings readings_;
  ConversionClock clock_;
  TimingFit::Sensor sensor_;
  /// All that runs draws the same; what that leaves is what a fit has to explain.
  StretchPowers even_;
};

void BlockFit::find_mean_power() {
  even_.idle = idle_level(readings_, load_, sensor_.period);
  double sum = 0.0;
  double squares = 0.0;
  double count = 0.0;
  for (std::size_t k = 0; k < readings_.size(); ++k) {
    const double t = readings_.before[k];
    if (t < load_.begin() + sensor_.period || t > load_.end()) continue;
    const double above = readings_.watts[k] - even_.idle;
    sum += above;
    squares += above * above;
    count += 1.0;
  }
  count = std::max(count, 1.0);
  const double mean = sum / count;
  even_.watts.assign(static_cast<std::size_t>(load_.columns()), mean);
  even_.mean_square = std::max(squares / count - mean * mean, 1e-12);
}

/// With the ends of blocks that much before the register was seen to change.
TimingFit::Start BlockFit::start_at(double earlier) const {
  LatchPlace latch{kBlockLatch, earlier, kMargin};
  return {clock_.shifted(-earlier), latch, even_, kUsualBoardLowPass, std::sqrt(even_.mean_square)};
}

/// The best few places of the block's last window, each better than those beside it.
std::vector<TimingFit::Start> BlockFit::starts() const {
  const double middle = 0.5 * (load_.begin() + load_.end());
  const double half = 0.5 * kSearchedBlocks * sensor_.period;
  const FastReadings readings = readings_.between(middle - half, middle + half);
  const LoadPieces stretch = cut_out(load_, middle - half - 2.0 * sensor_.period, middle + half);
  const double read = readings_.usual_length;
  // Where reads and blocks keep in step, changes are not half way between reads but anywhere.
  const double doubt = 0.5 * usual_read_distance(*input_.trace);
  const double latest = (kBlockLatch - 1.0) * read - doubt;
  const double earliest = (kBlockLatch + kMostLag) * read + input_.period - input_.window + doubt;
  const double step = std::max(kShiftStep, (earliest - latest) / kMostShifts);
  const SensorKernel kernel = sensor_.kernel(clock_.period(), kUsualBoardLowPass);
  std::vector<TimingFit::Start> tried;
  for (double earlier = latest; earlier < earliest + step; earlier += step) {
    TimingFit::Start start = start_at(earlier);
    auto powers = powers_at_clock(readings, stretch, kernel, start.clock, start.latch, even_);
    // Too few values to tell.
    if (!powers) return {start_at(0.5 * (earliest + latest))};
    start.powers = *std::move(powers);
    start.noise = std::sqrt(std::max(start.powers.mean_square, 1e-12));
    tried.push_back(std::move(start));
  }
  const auto left = [&](std::size_t i) { return tried[i].powers.mean_square; };
  std::vector<TimingFit::Start> best;
  for (std::size_t i = 0; i < tried.size(); ++i) {
    if (i > 0 && left(i - 1) < left(i)) continue;
    if (i + 1 < tried.size() && left(i + 1) < left(i)) continue;
    best.push_back(tried[i]);
  }
  std::ranges::stable_sort(best, {}, [](const auto& start) { return start.powers.mean_square; });
  if (best.size() > kFitted) best.erase(best.begin() + kFitted, best.end());
  return best;
}

void BlockFit::judge(double left, FineFit& found) const {
  const double length = 1e3 * found.period;
  int unknowns = 1;
  for (int l = 0; l < load_.layers; ++l) {
    const auto on = [&](int column) { return load_.on_time[static_cast<std::size_t>(column)]; };
    if (on(l) > 0.0 || on(load_.repeat_column(l)) > 0.0) ++unknowns;
  }
  const double blocks = (load_.end() - load_.begin()) / found.period;
  if (blocks < kBlocksPerUnknown * unknowns) {
    found.hides_layers = fmt::format(
        "the sensor showed {:.0f} values while the network ran, means over {:.3g} ms each, too few "
        "for {} layers: record for longer",
        blocks, length, unknowns - 1);
  } else if (left > kExplains * even_.mean_square &&
             std::sqrt(even_.mean_square) > kTellingSpread * std::abs(even_.watts.front())) {
    found.hides_layers =
        "no clock of the sensor's conversions explains the readings: only the sum can be told";
    found.notes.emplace_back(
        "The sensor's means do not follow the layers, wherever its conversions lie between the "
        "register's changes. Check that samples and stamps are of one clock, and the sensor's "
        "settings.");
  }
}

FineFit BlockFit::run() {
  find_mean_power();
  const double worst = std::sqrt(even_.mean_square);
  FineFit found;
  std::optional<double> least;
  for (const TimingFit::Start& start : starts()) {
    TimingFit fit(readings_, load_, sensor_, worst, start);
    fit.steps(kSteps);
    if (least && fit.mean_square() >= *least) continue;
    least = fit.mean_square();
    if (input_.layers_are_steady) fit.choose_drift();
    found = fit.finish();
  }
  found.notes.push_back(fmt::format(
      "Rail {} shows the mean of {} conversions, renewed every {:.3g} ms: layers are told by how "
      "much of each ran within them.",
      input_.trace->rail.name, input_.count, 1e3 * found.period));
  judge(*least, found);
  return found;
}

}  // namespace

Result<FineFit> fit_block_sensor(const BlockFitInput& input) {
  auto clock = recover_block_clock(*input.trace, input.period * input.count, input.tolerance);
  if (!clock) return std::move(clock).error();
  // It counts from the first reading that is left.
  return BlockFit(input, clock->counted_from(input.load->origin)).run();
}

}  // namespace layerwatt
