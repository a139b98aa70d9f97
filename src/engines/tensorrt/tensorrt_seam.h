#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/engines/engine.h"
#include "layerwatt/engines/tensorrt.h"

/// The calls of TensorRT and CUDA that layerwatt makes, one method a call and no logic: what is
/// called when, and what follows from failures, stands on our side and is tested with a fake. The
/// one implementation is a module that is loaded at run time (src/engines/tensorrt_module), because
/// its libraries are on some boards alone.
///
/// Failures are false or null; why stands in the log (Log), and for CUDA in Cuda::last_error().
/// Everything is used from one thread. Nothing throws.
namespace layerwatt::trt {

/// Whatever differs between module and command makes this number another.
inline constexpr int kSeamVersion = 1;

/// Hears what TensorRT says: a line each, "[E] …", "[W] …" or "[I] …".
class Log {
 public:
  virtual ~Log() = default;
  virtual void line(std::string_view text) noexcept = 0;
};

/// IProfiler: called for each layer in order, after the pass.
class Profiler {
 public:
  virtual ~Profiler() = default;
  virtual void layer(const char* name, float milliseconds) noexcept = 0;
};

/// cudaStream_t, cudaEvent_t and device memory, as opaque as they are.
using Stream = void*;
using Event = void*;

class Cuda {
 public:
  virtual ~Cuda() = default;
  /// "Orin, compute 8.7"; nullopt without a usable GPU.
  virtual std::optional<std::string> device_name() = 0;
  virtual std::string last_error() = 0;
  virtual Stream make_stream() = 0;
  virtual void free_stream(Stream stream) = 0;
  virtual bool wait_stream(Stream stream) = 0;
  /// `blocking`: waiting threads sleep instead of spinning.
  virtual Event make_event(bool blocking) = 0;
  virtual void free_event(Event event) = 0;
  virtual bool record(Event event, Stream stream) = 0;
  virtual bool wait_event(Event event) = 0;
  /// cudaEventElapsedTime(); nullopt on failure.
  virtual std::optional<float> elapsed_milliseconds(Event from, Event to) = 0;
  virtual void* allocate_device(std::size_t bytes) = 0;
  virtual void free_device(void* memory) = 0;
  /// Page-locked.
  virtual void* allocate_host(std::size_t bytes) = 0;
  virtual void free_host(void* memory) = 0;
  virtual bool copy_to_device(void* to, const void* from, std::size_t bytes, Stream stream) = 0;
  virtual bool copy_to_host(void* to, const void* from, std::size_t bytes, Stream stream) = 0;
};

/// IBuilder with its network, its parser and its configuration.
class Builder {
 public:
  virtual ~Builder() = default;
  virtual bool parse(std::span<const std::byte> onnx) = 0;
  /// IParser's errors: operator, node, text.
  virtual std::vector<std::string> parser_errors() = 0;
  /// ProfilingVerbosity::kDETAILED.
  virtual void set_detailed() = 0;
  /// False where the version has no such flag (11: types are the model's).
  virtual bool allow_type(DataType type) = 0;
  virtual void set_workspace(std::size_t bytes) = 0;
  /// False before 8.6.
  virtual bool set_optimization_level(int level) = 0;
  virtual bool set_max_aux_streams(int count) = 0;
  /// Default device DLA with this core, and the GPU as fallback; false where there is none.
  virtual bool set_dla(int core) = 0;
  /// Empty bytes for a new cache.
  virtual bool set_timing_cache(std::span<const std::byte> bytes) = 0;
  virtual std::vector<std::byte> timing_cache() = 0;
  /// buildSerializedNetwork(); empty on failure.
  virtual std::vector<std::byte> build() = 0;
};

/// A tensor of an engine's inputs or outputs.
struct IoTensor {
  std::string name;
  bool is_input = false;
  /// nullopt: of a type that layerwatt has no name for (FP8, INT4).
  std::optional<DataType> type;
  /// −1 where free.
  std::vector<std::int64_t> dimensions;
};

class Context {
 public:
  virtual ~Context() = default;
  virtual bool set_input_shape(const char* name, std::span<const std::int64_t> dimensions) = 0;
  virtual bool set_address(const char* name, void* memory) = 0;
  /// With all inputs set.
  virtual std::vector<std::int64_t> dimensions(const char* name) = 0;
  /// NVTX ranges off, whatever the engine was built with.
  virtual void quieten() = 0;
  virtual void set_profiler(Profiler* profiler) = 0;
  virtual void set_enqueue_emits_profile(bool emits) = 0;
  virtual bool report_to_profiler() = 0;
  virtual bool enqueue(Stream stream) = 0;
};

class EngineHandle {
 public:
  virtual ~EngineHandle() = default;
  virtual std::vector<IoTensor> tensors() = 0;
  /// 0 before 8.6, which has none.
  virtual int aux_streams() = 0;
  virtual std::unique_ptr<Context> make_context() = 0;
  /// The inspector's JSON, with `context` for its dimensions; empty on failure.
  virtual std::string inspect(Context& context) = 0;
};

class Api {
 public:
  virtual ~Api() = default;
  /// Of the headers, and of the library that was loaded.
  virtual TensorRtVersion built_for() const = 0;
  virtual TensorRtVersion loaded() const = 0;
  virtual void set_log(Log* log) = 0;
  virtual Cuda& cuda() = 0;
  virtual std::unique_ptr<Builder> make_builder() = 0;
  virtual std::unique_ptr<EngineHandle> deserialise(std::span<const std::byte> plan) = 0;
};

/// What the module exports, by these names.
inline constexpr const char* kSeamVersionSymbol = "layerwatt_tensorrt_seam_version";
inline constexpr const char* kOpenSymbol = "layerwatt_tensorrt_open";
using SeamVersionFunction = int (*)();
/// Of the caller, who deletes it before the module could go (it never does).
using OpenFunction = Api* (*)();

}  // namespace layerwatt::trt
