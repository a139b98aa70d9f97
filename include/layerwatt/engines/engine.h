#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

enum class DataType {
  kFloat32,
  kFloat16,
  kBFloat16,
  kFloat64,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kBool
};

std::string_view to_string(DataType type);
/// The type of that name; nullopt for a word that is none.
std::optional<DataType> parse_data_type(std::string_view word);
/// Bytes of one element.
std::size_t size_of(DataType type);
/// "Row major linear FP32": a dense tensor of the type, in the words of TensorRT's inspector.
std::string_view row_major_format(DataType type);

/// A dense tensor in host memory, row-major, innermost dimension last.
struct Tensor {
  std::string name;
  DataType type = DataType::kFloat32;
  std::vector<std::int64_t> dimensions;
  std::vector<std::byte> data;
};

/// What a session wants or gives; −1 for a dimension that is free.
struct TensorSpec {
  std::string name;
  DataType type = DataType::kFloat32;
  std::vector<std::int64_t> dimensions;
};

enum class GraphRewriting {
  kNone,      ///< run the graph exactly as given: its layers are already what the engine executes
  kPortable,  ///< fuse, but write only operators that any machine can run
  kFull,      ///< everything, layouts of this machine's processor included
};

/// Sessions of one engine that agree in `threads` and `spinning` share one pool of threads.
struct SessionOptions {
  /// 0: the engine's own choice.
  int threads = 0;
  /// Whether worker threads spin while they wait; spinning is faster and costs power.
  bool spinning = true;
  /// Collect the times of each layer. Costs time: never in passes whose latency or energy counts.
  bool profile_layers = false;
  /// How far the engine may rewrite the graph before it runs it.
  GraphRewriting rewriting = GraphRewriting::kFull;
  /// Where to write the graph as the engine rewrote it, if it can; empty for nowhere.
  std::filesystem::path optimized_model;
};

/// Begin and end of one layer in one profiled pass.
struct LayerTime {
  /// Index into LayerTimes::layers.
  std::int32_t layer = 0;
  Instant start;
  Instant end;
};

/// A layer as the profiler saw it: what it is, and the shapes that it really had.
struct ProfiledLayer {
  /// In the graph that runs.
  std::string name;
  std::string type;
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
};

/// What the profiler collected since the session began: `passes[k]` are the layers of pass k in
/// order of their begin.
struct LayerTimes {
  std::vector<ProfiledLayer> layers;
  std::vector<std::vector<LayerTime>> passes;
  StampSource stamps = StampSource::kProfiler;
  /// Passes of which the profiler lost a part (it stops at a limit), and so are left out of
  /// `passes`.
  std::int64_t lost_passes = 0;
  /// Layers ran on several streams at once: durations are known, places in a pass are not.
  bool overlap = false;
  /// What a reader must know of how these times came about, each a sentence.
  std::vector<std::string> notes;
};

/// A model made ready to run. Not thread-safe.
class Session {
 public:
  virtual ~Session() = default;

  virtual std::span<const TensorSpec> inputs() const = 0;
  virtual std::span<const TensorSpec> outputs() const = 0;

  /// Fixes the inputs of all later runs and allocates the outputs; free dimensions take the
  /// tensors'.
  virtual Result<void> bind(std::span<const Tensor> inputs) = 0;
  /// One pass. Allocates nothing of ours.
  virtual Result<void> run() = 0;
  /// Copies of the last pass's outputs.
  virtual Result<std::vector<Tensor>> read_outputs() = 0;
  /// Ends profiling and hands over what it collected; kUnsupported without profile_layers. Once.
  /// The passes are those of run() since load(), in order.
  virtual Result<LayerTimes> finish_profile() = 0;
  /// What the engine says of its layers, as trt_engine_info.json has it; with the shapes of bind().
  /// Empty where Engine::inspects() is false.
  virtual Result<std::string> inspect() { return std::string(); }
};

/// Something that runs networks.
class Engine {
 public:
  virtual ~Engine() = default;

  /// "onnxruntime"; part of file names (<model>_<name>.json).
  virtual std::string_view name() const = 0;
  /// "1.23.2", of the library in use.
  virtual std::string version() const = 0;
  /// `model` is a serialised model that the engine reads (ONNX bytes, a TensorRT engine); it may
  /// lie in memory alone. `label` names it in errors.
  virtual Result<std::unique_ptr<Session>> load(std::span<const std::byte> model,
                                                std::string_view label,
                                                const SessionOptions& options) = 0;
  /// How many passes over `layer_count` layers one session's profiler can hold; 0: any number.
  virtual std::int64_t profiled_pass_limit(std::size_t layer_count) const = 0;
  /// Whether it builds what it runs from the model as it is, and tells its layers by
  /// Session::inspect(); others hand out the graph that they run (SessionOptions::optimized_model).
  virtual bool inspects() const { return false; }
};

}  // namespace layerwatt
