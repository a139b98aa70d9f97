#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engines/tensorrt_module/cuda_calls.h"

// Every difference between versions of TensorRT stands in this file (docs/engines.md has the
// table). Objects are deleted with `delete`, which all versions from 8.0 on support.

#define LAYERWATT_TENSORRT_AT_LEAST(major, minor) \
  (NV_TENSORRT_MAJOR > (major) || (NV_TENSORRT_MAJOR == (major) && NV_TENSORRT_MINOR >= (minor)))

static_assert(LAYERWATT_TENSORRT_AT_LEAST(8, 5), "needs TensorRT 8.5: named tensors, enqueueV3");

namespace layerwatt::trt {
namespace {

using nvinfer1::DataType;

std::optional<layerwatt::DataType> type_of(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
      return layerwatt::DataType::kFloat32;
    case DataType::kHALF:
      return layerwatt::DataType::kFloat16;
    case DataType::kINT8:
      return layerwatt::DataType::kInt8;
    case DataType::kINT32:
      return layerwatt::DataType::kInt32;
    case DataType::kBOOL:
      return layerwatt::DataType::kBool;
    case DataType::kUINT8:
      return layerwatt::DataType::kUint8;
#if NV_TENSORRT_MAJOR >= 10
    case DataType::kBF16:
      return layerwatt::DataType::kBFloat16;
    case DataType::kINT64:
      return layerwatt::DataType::kInt64;
#endif
    default:
      return std::nullopt;
  }
}

std::vector<std::int64_t> dimensions_of(const nvinfer1::Dims& dims) {
  std::vector<std::int64_t> out;
  for (int i = 0; i < dims.nbDims; ++i) out.push_back(dims.d[i]);
  return out;
}

std::vector<std::byte> bytes_of(nvinfer1::IHostMemory* memory) {
  const std::unique_ptr<nvinfer1::IHostMemory> owned(memory);
  if (!owned) return {};
  const auto* begin = static_cast<const std::byte*>(owned->data());
  return {begin, begin + owned->size()};
}

class Logger final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* message) noexcept override {
    if (sink_ == nullptr || severity == Severity::kVERBOSE) return;
    char line[2048];
    const char* mark = severity == Severity::kINFO      ? "[I] "
                       : severity == Severity::kWARNING ? "[W] "
                                                        : "[E] ";
    std::strcpy(line, mark);
    std::strncat(line, message, sizeof line - std::strlen(mark) - 1);
    sink_->line(line);
  }
  void set_sink(Log* sink) { sink_ = sink; }

 private:
  Log* sink_ = nullptr;
};

class ProfilerAdapter final : public nvinfer1::IProfiler {
 public:
  explicit ProfilerAdapter(Profiler& sink) : sink_(sink) {}
  void reportLayerTime(const char* name, float milliseconds) noexcept override {
    sink_.layer(name, milliseconds);
  }

 private:
  Profiler& sink_;
};

class BuilderCalls final : public Builder {
 public:
  static std::unique_ptr<Builder> make(nvinfer1::ILogger& logger) {
    auto calls = std::unique_ptr<BuilderCalls>(new BuilderCalls);
    calls->builder_.reset(nvinfer1::createInferBuilder(logger));
    if (!calls->builder_) return nullptr;
#if NV_TENSORRT_MAJOR < 10
    const auto explicit_batch =
        1U << static_cast<unsigned>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#else
    const auto explicit_batch = 0U;
#endif
    calls->network_.reset(calls->builder_->createNetworkV2(explicit_batch));
    calls->config_.reset(calls->builder_->createBuilderConfig());
    if (!calls->network_ || !calls->config_) return nullptr;
    calls->parser_.reset(nvonnxparser::createParser(*calls->network_, logger));
    if (!calls->parser_) return nullptr;
    return calls;
  }

  bool parse(std::span<const std::byte> onnx) override {
    return parser_->parse(onnx.data(), onnx.size());
  }
  std::vector<std::string> parser_errors() override {
    std::vector<std::string> out;
    for (int i = 0; i < parser_->getNbErrors(); ++i) {
      const nvonnxparser::IParserError* error = parser_->getError(i);
      out.push_back("node " + std::to_string(error->node()) + ": " + error->desc());
    }
    return out;
  }
  void set_detailed() override {
    config_->setProfilingVerbosity(nvinfer1::ProfilingVerbosity::kDETAILED);
  }

// 10.12 deprecates the flags that 11 removes; until then they are how types are allowed.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  bool allow_type([[maybe_unused]] layerwatt::DataType type) override {
#if NV_TENSORRT_MAJOR >= 11
    return false;
#else
    switch (type) {
      case layerwatt::DataType::kFloat16:
        config_->setFlag(nvinfer1::BuilderFlag::kFP16);
        return true;
      case layerwatt::DataType::kInt8:
        config_->setFlag(nvinfer1::BuilderFlag::kINT8);
        return true;
#if NV_TENSORRT_MAJOR >= 10
      case layerwatt::DataType::kBFloat16:
        config_->setFlag(nvinfer1::BuilderFlag::kBF16);
        return true;
#endif
      default:
        return false;
    }
#endif
  }
#pragma GCC diagnostic pop

  void set_workspace(std::size_t bytes) override {
    config_->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, bytes);
  }
  bool set_optimization_level([[maybe_unused]] int level) override {
#if LAYERWATT_TENSORRT_AT_LEAST(8, 6)
    config_->setBuilderOptimizationLevel(level);
    return true;
#else
    return false;
#endif
  }
  bool set_max_aux_streams([[maybe_unused]] int count) override {
#if LAYERWATT_TENSORRT_AT_LEAST(8, 6)
    config_->setMaxAuxStreams(count);
    return true;
#else
    return false;
#endif
  }
  bool set_dla(int core) override {
    if (core >= builder_->getNbDLACores()) return false;
    config_->setDefaultDeviceType(nvinfer1::DeviceType::kDLA);
    config_->setDLACore(core);
    config_->setFlag(nvinfer1::BuilderFlag::kGPU_FALLBACK);
    return true;
  }
  bool set_timing_cache(std::span<const std::byte> bytes) override {
    cache_.reset(config_->createTimingCache(bytes.data(), bytes.size()));
    return cache_ != nullptr && config_->setTimingCache(*cache_, false);
  }
  std::vector<std::byte> timing_cache() override {
    const nvinfer1::ITimingCache* cache = config_->getTimingCache();
    return cache == nullptr ? std::vector<std::byte>() : bytes_of(cache->serialize());
  }
  std::vector<std::byte> build() override {
    return bytes_of(builder_->buildSerializedNetwork(*network_, *config_));
  }

 private:
  BuilderCalls() = default;
  // In the order in which they must go, last first.
  std::unique_ptr<nvinfer1::IBuilder> builder_;
  std::unique_ptr<nvinfer1::INetworkDefinition> network_;
  std::unique_ptr<nvinfer1::IBuilderConfig> config_;
  std::unique_ptr<nvinfer1::ITimingCache> cache_;
  std::unique_ptr<nvonnxparser::IParser> parser_;
};

class ContextCalls final : public Context {
 public:
  explicit ContextCalls(nvinfer1::IExecutionContext* context) : context_(context) {}

  bool set_input_shape(const char* name, std::span<const std::int64_t> dimensions) override {
    nvinfer1::Dims dims{};
    if (dimensions.size() > static_cast<std::size_t>(nvinfer1::Dims::MAX_DIMS)) return false;
    dims.nbDims = static_cast<std::int32_t>(dimensions.size());
    using Extent = std::remove_reference_t<decltype(dims.d[0])>;
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
      dims.d[i] = static_cast<Extent>(dimensions[i]);
    }
    return context_->setInputShape(name, dims);
  }
  bool set_address(const char* name, void* memory) override {
    return context_->setTensorAddress(name, memory);
  }
  std::vector<std::int64_t> dimensions(const char* name) override {
    return dimensions_of(context_->getTensorShape(name));
  }
  void quieten() override { (void)context_->setNvtxVerbosity(nvinfer1::ProfilingVerbosity::kNONE); }
  void set_profiler(Profiler* profiler) override {
    profiler_ = profiler == nullptr ? nullptr : std::make_unique<ProfilerAdapter>(*profiler);
    context_->setProfiler(profiler_.get());
  }
  void set_enqueue_emits_profile(bool emits) override { context_->setEnqueueEmitsProfile(emits); }
  bool report_to_profiler() override { return context_->reportToProfiler(); }
  bool enqueue(Stream stream) override {
    return context_->enqueueV3(static_cast<cudaStream_t>(stream));
  }
  nvinfer1::IExecutionContext* get() { return context_.get(); }

 private:
  std::unique_ptr<ProfilerAdapter> profiler_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
};

class EngineCalls final : public EngineHandle {
 public:
  EngineCalls(std::unique_ptr<nvinfer1::IRuntime> runtime, nvinfer1::ICudaEngine* engine)
      : runtime_(std::move(runtime)), engine_(engine) {}

  std::vector<IoTensor> tensors() override {
    std::vector<IoTensor> out;
    for (std::int32_t i = 0; i < engine_->getNbIOTensors(); ++i) {
      const char* name = engine_->getIOTensorName(i);
      out.push_back({name, engine_->getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT,
                     type_of(engine_->getTensorDataType(name)),
                     dimensions_of(engine_->getTensorShape(name))});
    }
    return out;
  }
  int aux_streams() override {
#if LAYERWATT_TENSORRT_AT_LEAST(8, 6)
    return engine_->getNbAuxStreams();
#else
    return 0;
#endif
  }
  std::unique_ptr<Context> make_context() override {
    nvinfer1::IExecutionContext* context = engine_->createExecutionContext();
    return context == nullptr ? nullptr : std::make_unique<ContextCalls>(context);
  }
  std::string inspect(Context& context) override {
    const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine_->createEngineInspector());
    if (!inspector) return {};
    // Only this module makes contexts.
    (void)inspector->setExecutionContext(static_cast<ContextCalls&>(context).get());
    const char* text = inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
    return text == nullptr ? std::string() : std::string(text);
  }

 private:
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
};

class Calls final : public Api {
 public:
  TensorRtVersion built_for() const override {
    return {NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH};
  }
  TensorRtVersion loaded() const override {
    return tensorrt_version_of_number(getInferLibVersion()).value_or(TensorRtVersion{});
  }
  void set_log(Log* log) override { logger_.set_sink(log); }
  Cuda& cuda() override { return cuda_calls(); }
  std::unique_ptr<Builder> make_builder() override { return BuilderCalls::make(logger_); }
  std::unique_ptr<EngineHandle> deserialise(std::span<const std::byte> plan) override {
    std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger_));
    if (!runtime) return nullptr;
    nvinfer1::ICudaEngine* engine = runtime->deserializeCudaEngine(plan.data(), plan.size());
    if (engine == nullptr) return nullptr;
    return std::make_unique<EngineCalls>(std::move(runtime), engine);
  }

 private:
  Logger logger_;
};

}  // namespace
}  // namespace layerwatt::trt

extern "C" {

__attribute__((visibility("default"))) int layerwatt_tensorrt_seam_version() {
  return layerwatt::trt::kSeamVersion;
}

__attribute__((visibility("default"))) layerwatt::trt::Api* layerwatt_tensorrt_open() {
  return new layerwatt::trt::Calls;
}
}
