#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

#include "engines/onnxruntime/layer_placing.h"
#include "engines/tensorrt/gpu_clock.h"
#include "engines/tensorrt/tensorrt_log.h"
#include "engines/tensorrt/tensorrt_seam.h"

namespace layerwatt::trt {

/// An engine with one context, on a stream of its own. Inputs stay on the GPU from bind() on; a
/// pass copies nothing. Without a profiler a pass is enqueue and wait. With one, TensorRT records
/// the events of its layers and is asked for them after the pass is over
/// (setEnqueueEmitsProfile(false), reportToProfiler()).
class TensorRtSession final : public Session {
 public:
  /// `api` and `log` must outlive it. Takes the engine over. Errors name `label`.
  static Result<std::unique_ptr<Session>> open(Api& api, KeptLog& log,
                                               std::unique_ptr<EngineHandle> engine,
                                               std::string_view label,
                                               const SessionOptions& options);
  ~TensorRtSession() override;
  TensorRtSession(const TensorRtSession&) = delete;
  TensorRtSession& operator=(const TensorRtSession&) = delete;

  std::span<const TensorSpec> inputs() const override { return inputs_; }
  std::span<const TensorSpec> outputs() const override { return outputs_; }
  Result<void> bind(std::span<const Tensor> inputs) override;
  Result<void> run() override;
  Result<std::vector<Tensor>> read_outputs() override;
  Result<LayerTimes> finish_profile() override;
  Result<std::string> inspect() override;

 private:
  /// Memory of one tensor on both sides.
  struct Buffer {
    TensorSpec spec;
    std::size_t bytes = 0;
    void* device = nullptr;
    /// Page-locked.
    void* host = nullptr;
  };

  TensorRtSession(Api& api, KeptLog& log, std::string label)
      : api_(api), log_(log), label_(std::move(label)) {}
  Result<void> take_tensors();
  Result<void> prepare(const SessionOptions& options);
  Result<void> bind_input(const TensorSpec& spec, const Tensor& tensor);
  Result<void> bind_output(const TensorSpec& spec);
  Result<Buffer*> add_buffer(TensorSpec spec);
  Result<void> begin_profile();
  Result<void> collect_layers();
  void free_buffers();
  Error cuda_failed(std::string_view what) const;

  Api& api_;
  KeptLog& log_;
  std::string label_;
  std::unique_ptr<EngineHandle> engine_;
  std::unique_ptr<Context> context_;
  std::vector<TensorSpec> inputs_;
  std::vector<TensorSpec> outputs_;
  std::vector<Buffer> buffers_;
  Stream stream_ = nullptr;
  Event start_ = nullptr;
  Event end_ = nullptr;
  bool bound_ = false;
  bool profile_layers_ = false;
  std::optional<GpuClock> clock_;
  LayerCollector collector_;
  LayerTimes times_;
};

}  // namespace layerwatt::trt
