#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/engine_info.h"

namespace layerwatt {

/// The run times of one layer, pass by pass.
struct LayerLatency {
  std::string name;
  std::vector<double> milliseconds;
  /// When each execution was reported to have ended; empty in the older form without stamps.
  std::vector<LocalTime> end;
};

/// `trt_layer_latency.json`: layers in the order of the file, which is the order in a pass. Equal
/// names stay apart.
struct LayerLatencies {
  std::vector<LayerLatency> layers;
  /// Whole passes: what the shortest layer has.
  std::int64_t passes = 0;
  /// Executions beyond `passes` (the recording was stopped within a pass), cut from `layers`.
  std::int64_t dropped = 0;
  bool has_stamps() const { return !layers.empty() && !layers.front().end.empty(); }
};

/// Parses {name: [[milliseconds, "stamp"], …]} or {name: [milliseconds, …]}. Errors (kParse, with
/// the 1-based line): not JSON or cut in half, another structure, the two forms mixed, negative run
/// times, stamps of a layer that go backwards, numbers of executions that differ by more than one
/// (one is a recording that was stopped within a pass).
Result<LayerLatencies> parse_layer_latencies(std::string_view text);
/// The same, of a file. Holds its text while it parses: about 90 bytes an execution.
Result<LayerLatencies> read_layer_latencies(const std::filesystem::path& path);

/// Which layer of the engine's information each of them is: indices into `layers`; of equal names
/// the first is the first. kParse names a layer that has run times and is not there.
Result<std::vector<std::size_t>> match_layers(const LayerLatencies& latencies,
                                              std::span<const Layer> layers);
/// The layers themselves, in the order of the latencies.
Result<std::vector<Layer>> take_layers(const LayerLatencies& latencies, EngineInfo info);

/// Writes the published form, layer by layer.
class LayerLatencyWriter {
 public:
  static Result<LayerLatencyWriter> create(const std::filesystem::path& path);

  void begin_layer(std::string_view name);
  /// Of the layer begun last.
  void add(double milliseconds, LocalTime end);
  /// Without a stamp (the older form); all executions of a file with or all without.
  void add(double milliseconds);
  Result<void> commit();

 private:
  explicit LayerLatencyWriter(AtomicFile file) : file_(std::move(file)) {}
  AtomicFile file_;
  std::string line_;
  bool any_layer_ = false;
  bool any_execution_ = false;
};

}  // namespace layerwatt
