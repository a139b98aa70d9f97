#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "layerwatt/core/time.h"

namespace layerwatt {

/// `weighing` where each block is a program of its own that loads one engine and runs it again and
/// again (trtexec): a mixture design whose blends are those that one engine can make.
///
/// What is weighed is time: a block shows the mean of its layers' powers by the time that each
/// takes, and these parts add up to one. For such a model blocks of one layer alone tell its power
/// with the least variance (Scheffé 1958, Kiefer 1961), so no mixing of layers within a block is
/// missed for the sensor's sake. What mixing tells beside that is what layers draw after one
/// another, where nothing of theirs is in the caches: blocks of consecutive layers and of the whole
/// network show that. Every set holds each engine once, in random order, so that drift spreads
/// evenly; before each block the machine rests, after whatever loading drew, for longer than the
/// sensor remembers.

/// Consecutive layers that one engine holds.
struct LayerRange {
  std::size_t first = 0;
  std::size_t count = 0;
  friend bool operator==(const LayerRange&, const LayerRange&) = default;
};

/// Cuts a network into about √n ranges of about equal run time, of two layers and more; none of
/// fewer than four layers, for which the whole network does.
std::vector<LayerRange> layer_ranges(std::span<const Duration> run_times);

/// The blocks of one set.
struct EngineBlocks {
  /// The machine rests for so long with the engine loaded.
  Duration rest{0};
  /// Each engine then runs for so long: whole seconds.
  Duration run{0};
};

/// `settling`: how long the sensor takes to show a change of load.
EngineBlocks plan_engine_blocks(Duration settling);

/// The engines of the set of that number, in its order: each once. The same for the same seed.
std::vector<std::int32_t> engine_block_order(std::size_t engines, std::uint64_t seed,
                                             std::int32_t set);

}  // namespace layerwatt
