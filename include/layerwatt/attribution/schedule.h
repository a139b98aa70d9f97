#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "layerwatt/core/random.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// Balanced sets of blocks that a weighing run should hold at least: one a kind of block
/// (WeighingDesign).
inline constexpr int kWeighingSets = 2;

/// Choices of a weighing run that follow from the sensor and the network.
struct WeighingPlan {
  /// A segment of usual length runs once or about so many times in each pass of a block
  /// (WeighingDesign).
  std::int32_t high_repeats = 8;
  /// Passes of one block go on for this long; at least one pass.
  Duration block_length = std::chrono::seconds(2);
  /// Behind a slow filter: a segment that is weighed runs alone, again and again, for about so long
  /// in each pass (WeighingDesign); 0: half of the segments repeat.
  Duration focus{0};
  /// Blocks in one balanced set (WeighingDesign).
  std::size_t set_size = 0;
};

/// `time_constant`: of the sensor's averaging filter (effective_time_constant); absent: that of a
/// stock Jetson, 0.43 s. Behind such a filter a block lasts for a time constant, unless `duration`
/// would then hold less than two balanced sets; it is never shorter than a third of one. A sensor
/// that does not average settles within one pass: then a block is one pass, and three repeats are
/// enough.
WeighingPlan plan_weighing(std::size_t segments, std::optional<Duration> time_constant,
                           std::optional<Duration> duration);

/// What a schedule takes from the sensor and the network.
struct ScheduleNeeds {
  /// How long it runs where nobody says how long, nor how often; absent: until its design is
  /// through.
  std::optional<Duration> duration;
  /// Of a schedule that runs in blocks.
  std::optional<WeighingPlan> blocks;
};

/// `time_constant` and `duration` as for plan_weighing(); `settling`: how long the sensor takes to
/// show one segment alone.
ScheduleNeeds needs_of(Schedule schedule, std::size_t segments,
                       std::optional<Duration> time_constant, Duration settling,
                       std::optional<Duration> duration);

/// Draws the blocks of a weighing design, as many as asked for, in sets of set_size(), each in
/// random order, so that drift spreads evenly. A run that ends within a set is as good as random.
/// The same for the same seed.
///
/// What a reading is made of are shares of time, which add up to one. Of such mixtures no design
/// tells the parts better than the parts alone (Scheffé 1958; Kiefer 1961: for a linear model the
/// D-optimal one): with half of n segments in each block a segment's share changes by 2/n only.
/// Behind a slow filter (`focus` > 0) each segment therefore has a block of its own in every set,
/// in which it alone runs, again and again. In the blocks between, a quarter of all, segments run
/// once or not at all, but for a first pass of the network as it is: repeats may draw other power
/// than first executions, which would else never be seen.
///
/// Where the sensor follows within a pass (`focus` = 0) a block is a pass of all segments, for the
/// order within it tells them. Within a set each segment is high in exactly half of the blocks, and
/// any two segments are high together in a quarter of them (a Hadamard design: the least variance
/// that as many weighings of equal weight can give). In every other block low means once, and high
/// means several times: what weighs is time, so a segment of mean length runs `high_repeats` times,
/// shorter ones oftener and longer ones more rarely, repeats going with the inverse square root of
/// run time, which makes the sum of the errors of energies least and a pass no longer. In the
/// blocks between low means not at all, and high means once.
///
/// How often exactly is drawn anew for each pass: passes of one length could run in step with the
/// sensor's conversions, which would then see the same layers again and again.
///
/// What lies between executions is weighed like one more segment: in half of the blocks passes are
/// followed by a pause. Else each execution would have the same share of it, and its power could
/// not be told from theirs.
class WeighingDesign {
 public:
  /// `run_times`: of the segments, about. Precondition: there is one, and high_repeats > 1.
  /// `focus`: as WeighingPlan.
  WeighingDesign(std::span<const Duration> run_times, std::int32_t high_repeats, std::uint64_t seed,
                 Duration focus = Duration(0));

  void begin_block();
  /// How often each segment runs in the next pass of the block, 0 for those that it leaves out; at
  /// least one runs. Valid until the next call.
  std::span<const std::int32_t> next_pass();
  /// How long the present block is, as a part of the usual: behind a slow filter long segments have
  /// longer blocks, going with the square root of run time, which makes the sum of the errors of
  /// energies least where the error of a power goes with the inverse of its block's length.
  double block_part() const { return block_part_; }
  /// How long to wait after that pass: in half of the blocks, and on average 15 % of a pass with
  /// repeats. It is time between executions, not idle: at most 40 ms.
  Duration pause() const { return pause_; }
  std::size_t set_size() const { return kinds_.empty() ? rows_.size() : kinds_.size(); }

 private:
  /// What a block is for: one segment alone (its number), or the next row of the balanced design.
  struct BlockKind {
    std::optional<std::size_t> alone;
    bool has_pause = false;
  };

  void draw_set();
  void draw_rows();
  void take_row();
  void draw_repeats();
  void draw_part();
  void draw_alone(std::size_t segment);

  /// On average, in blocks that have pauses.
  Duration usual_pause_{0};
  Duration pause_{0};
  /// Repeats beyond the first of each segment when it is high, on average.
  std::vector<double> extra_;
  /// Repeats of a segment that runs alone, on average; empty where none does.
  std::vector<double> alone_;
  Random random_;
  /// Lengths of their blocks, relative, 1 on average.
  std::vector<double> alone_part_;
  /// Where segments run alone: the blocks of the present set.
  std::vector<BlockKind> kinds_;
  std::size_t next_kind_ = 0;
  /// Of the present set of the balanced design: the row of each block, the column and the sign of
  /// each segment, and of what lies between executions.
  std::vector<std::size_t> rows_;
  std::vector<std::size_t> columns_;
  std::vector<bool> flipped_;
  std::size_t next_row_;
  /// Of the present block.
  std::vector<bool> high_;
  std::optional<std::size_t> runs_alone_;
  bool has_pause_ = false;
  bool leaves_out_ = false;
  bool begins_block_ = false;
  double block_part_ = 1.0;
  std::vector<std::int32_t> repeats_;
};

/// Between the segments of `isolated`: what lies between executions has the same share of each of a
/// segment's, and its power shows only where nothing else runs. Too short to count as idle.
inline constexpr Duration kIsolatedPause = std::chrono::milliseconds(40);

/// The order in which `isolated` takes the segments: random, so that drift does not follow the
/// network's order. The same for the same seed.
std::vector<std::int32_t> isolated_order(std::size_t segments, std::uint64_t seed);

}  // namespace layerwatt
