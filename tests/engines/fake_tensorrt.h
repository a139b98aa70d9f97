#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/core/time.h"

#include "engines/tensorrt/tensorrt_seam.h"

namespace layerwatt::trt::testing {

/// What a fake TensorRT is to do, and what was asked of it.
struct Script {
  TensorRtVersion built_for{10, 3, 0};
  TensorRtVersion loaded{10, 3, 0};
  /// The call of this name fails, with `says` in the log.
  std::string fails;
  std::string says;
  std::string cuda_error = "no error";
  int aux_streams = 0;
  int dla_cores = 2;
  std::vector<IoTensor> tensors{{"in", true, DataType::kFloat32, {1, 4}},
                                {"out", false, DataType::kFloat32, {1, 2}}};
  /// Where given: the tensors of the engine that was built of this ONNX model, instead of
  /// `tensors`.
  std::function<std::vector<IoTensor>(std::span<const std::byte>)> tensors_of;
  /// Layers that each pass reports.
  std::vector<std::pair<std::string, float>> layers{{"conv", 2.0F}, {"relu", 0.0F}, {"fc", 1.0F}};
  /// Passes from this one on report one layer less; −1: none do.
  int odd_pass = -1;
  std::string inspector =
      R"({"Layers": [{"Name": "conv", "LayerType": "CaskConvolution"},
                     {"Name": "relu", "LayerType": "NoOp"}, {"Name": "fc", "LayerType": "gemm"}]})";
  /// Milliseconds that a pass takes on the GPU.
  float pass_milliseconds = 4.0F;

  /// Events carry the machine's time instead of `now`, as a GPU's do.
  bool real_clock = false;
  Instant origin = MonotonicClock::now();

  /// Names of calls, in order.
  std::vector<std::string> calls;
  int passes = 0;
  /// Of the GPU's clock, in milliseconds.
  float now = 0.0F;
  std::set<void*> memory;
  std::set<void*> handles;
  Log* log = nullptr;

  bool does(const std::string& call) {
    calls.push_back(call);
    if (call != fails) return true;
    if (log != nullptr && !says.empty()) log->line(says);
    return false;
  }
  std::int64_t count(const std::string& call) const {
    return std::count(calls.begin(), calls.end(), call);
  }
  std::int64_t place(const std::string& call) const {
    return std::find(calls.begin(), calls.end(), call) - calls.begin();
  }
};

class FakeCuda final : public Cuda {
 public:
  explicit FakeCuda(Script& script) : script_(script) {}
  std::optional<std::string> device_name() override {
    if (!script_.does("device_name")) return std::nullopt;
    return "Fake, compute 8.7";
  }
  std::string last_error() override { return script_.cuda_error; }
  Stream make_stream() override { return handle("make_stream"); }
  void free_stream(Stream stream) override { script_.handles.erase(stream); }
  bool wait_stream(Stream /*stream*/) override { return script_.does("wait_stream"); }
  Event make_event(bool blocking) override {
    return handle(blocking ? "make_blocking_event" : "make_event");
  }
  void free_event(Event event) override { script_.handles.erase(event); }
  bool record(Event event, Stream /*stream*/) override {
    if (!script_.does("record")) return false;
    const double real = to_milliseconds(MonotonicClock::now() - script_.origin);
    *static_cast<float*>(event) = script_.real_clock ? static_cast<float>(real) : script_.now;
    return true;
  }
  bool wait_event(Event /*event*/) override { return script_.does("wait_event"); }
  std::optional<float> elapsed_milliseconds(Event from, Event to) override {
    if (!script_.does("elapsed")) return std::nullopt;
    return *static_cast<float*>(to) - *static_cast<float*>(from);
  }
  void* allocate_device(std::size_t bytes) override { return memory("allocate_device", bytes); }
  void free_device(void* memory) override { release(memory); }
  void* allocate_host(std::size_t bytes) override { return memory("allocate_host", bytes); }
  void free_host(void* memory) override { release(memory); }
  bool copy_to_device(void* to, const void* from, std::size_t bytes, Stream /*stream*/) override {
    if (!script_.does("copy_to_device")) return false;
    std::memcpy(to, from, bytes);
    return true;
  }
  bool copy_to_host(void* to, const void* from, std::size_t bytes, Stream /*stream*/) override {
    if (!script_.does("copy_to_host")) return false;
    std::memcpy(to, from, bytes);
    return true;
  }

 private:
  void* handle(const std::string& call) {
    if (!script_.does(call)) return nullptr;
    events_.push_back(std::make_unique<float>(0.0F));
    script_.handles.insert(events_.back().get());
    return events_.back().get();
  }
  void* memory(const std::string& call, std::size_t bytes) {
    if (!script_.does(call)) return nullptr;
    void* memory = ::operator new(bytes);
    std::memset(memory, 0, bytes);
    script_.memory.insert(memory);
    return memory;
  }
  void release(void* memory) {
    script_.memory.erase(memory);
    ::operator delete(memory);
  }
  Script& script_;
  std::vector<std::unique_ptr<float>> events_;
};

class FakeContext final : public Context {
 public:
  FakeContext(Script& script, std::vector<IoTensor> tensors)
      : script_(script), tensors_(std::move(tensors)) {}
  bool set_input_shape(const char* /*name*/, std::span<const std::int64_t> /*dims*/) override {
    return script_.does("set_input_shape");
  }
  bool set_address(const char* /*name*/, void* memory) override {
    return script_.does("set_address") && script_.memory.count(memory) > 0;
  }
  std::vector<std::int64_t> dimensions(const char* name) override {
    script_.calls.emplace_back("dimensions");
    for (const IoTensor& tensor : tensors_) {
      if (tensor.name == name) return tensor.dimensions;
    }
    return {};
  }
  void quieten() override { script_.calls.emplace_back("quieten"); }
  void set_profiler(Profiler* profiler) override {
    script_.calls.emplace_back("set_profiler");
    profiler_ = profiler;
  }
  void set_enqueue_emits_profile(bool emits) override {
    script_.calls.emplace_back(emits ? "emit_profile" : "do_not_emit_profile");
  }
  bool report_to_profiler() override {
    if (!script_.does("report_to_profiler") || profiler_ == nullptr) return false;
    const bool odd = script_.odd_pass >= 0 && script_.passes > script_.odd_pass;
    for (std::size_t i = 0; i < script_.layers.size() - (odd ? 1 : 0); ++i) {
      profiler_->layer(script_.layers[i].first.c_str(), script_.layers[i].second);
    }
    return true;
  }
  bool enqueue(Stream /*stream*/) override {
    if (!script_.does("enqueue")) return false;
    ++script_.passes;
    script_.now += script_.pass_milliseconds;
    return true;
  }

 private:
  Script& script_;
  std::vector<IoTensor> tensors_;
  Profiler* profiler_ = nullptr;
};

class FakeEngine final : public EngineHandle {
 public:
  FakeEngine(Script& script, std::vector<IoTensor> tensors)
      : script_(script), tensors_(std::move(tensors)) {}
  std::vector<IoTensor> tensors() override { return tensors_; }
  int aux_streams() override { return script_.aux_streams; }
  std::unique_ptr<Context> make_context() override {
    if (!script_.does("make_context")) return nullptr;
    return std::make_unique<FakeContext>(script_, tensors_);
  }
  std::string inspect(Context& /*context*/) override {
    return script_.does("inspect") ? script_.inspector : std::string();
  }

 private:
  Script& script_;
  std::vector<IoTensor> tensors_;
};

class FakeBuilder final : public Builder {
 public:
  explicit FakeBuilder(Script& script) : script_(script) {}
  bool parse(std::span<const std::byte> onnx) override {
    onnx_.assign(onnx.begin(), onnx.end());
    return script_.does("parse");
  }
  std::vector<std::string> parser_errors() override {
    return {"node 3: No importer registered for op: NonMaxSuppression2"};
  }
  void set_detailed() override { script_.calls.emplace_back("set_detailed"); }
  bool allow_type(DataType type) override {
    return script_.does("allow_" + std::string(to_string(type)));
  }
  void set_workspace(std::size_t bytes) override {
    script_.calls.push_back("workspace_" + std::to_string(bytes));
  }
  bool set_optimization_level(int level) override {
    return script_.does("level_" + std::to_string(level));
  }
  bool set_max_aux_streams(int count) override {
    return script_.does("aux_streams_" + std::to_string(count));
  }
  bool set_dla(int core) override { return script_.does("set_dla") && core < script_.dla_cores; }
  bool set_timing_cache(std::span<const std::byte> bytes) override {
    return script_.does(bytes.empty() ? "new_timing_cache" : "set_timing_cache");
  }
  std::vector<std::byte> timing_cache() override {
    script_.calls.emplace_back("timing_cache");
    return {std::byte{'t'}};
  }
  std::vector<std::byte> build() override {
    if (!script_.does("build")) return {};
    std::vector<std::byte> plan{std::byte{'f'}, std::byte{'t'}, std::byte{'r'}, std::byte{'t'}};
    plan.insert(plan.end(), onnx_.begin(), onnx_.end());
    return plan;
  }

 private:
  Script& script_;
  std::vector<std::byte> onnx_;
};

class FakeApi final : public Api {
 public:
  explicit FakeApi(Script& script) : script_(script), cuda_(script) {}
  TensorRtVersion built_for() const override { return script_.built_for; }
  TensorRtVersion loaded() const override { return script_.loaded; }
  void set_log(Log* log) override { script_.log = log; }
  Cuda& cuda() override { return cuda_; }
  std::unique_ptr<Builder> make_builder() override {
    if (!script_.does("make_builder")) return nullptr;
    return std::make_unique<FakeBuilder>(script_);
  }
  std::unique_ptr<EngineHandle> deserialise(std::span<const std::byte> plan) override {
    if (!script_.does("deserialise") || plan.size() < 4) return nullptr;
    return std::make_unique<FakeEngine>(
        script_, script_.tensors_of ? script_.tensors_of(plan.subspan(4)) : script_.tensors);
  }

 private:
  Script& script_;
  FakeCuda cuda_;
};

}  // namespace layerwatt::trt::testing
