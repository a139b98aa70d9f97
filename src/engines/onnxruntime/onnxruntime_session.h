#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/engines/scratch_folder.h"

#include "engines/onnxruntime/onnxruntime_api.h"
#include "engines/onnxruntime/onnxruntime_environment.h"

namespace layerwatt {

/// A model in ONNX Runtime, on the CPU.
class OrtCpuSession final : public Session {
 public:
  static Result<std::unique_ptr<Session>> load(OrtFunctions functions,
                                               std::shared_ptr<OrtEnvironment> environment,
                                               std::span<const std::byte> model,
                                               std::string_view label,
                                               const SessionOptions& options);

  std::span<const TensorSpec> inputs() const override { return inputs_; }
  std::span<const TensorSpec> outputs() const override { return outputs_; }
  Result<void> bind(std::span<const Tensor> inputs) override;
  Result<void> run() override;
  Result<std::vector<Tensor>> read_outputs() override;
  Result<LayerTimes> finish_profile() override;

 private:
  OrtCpuSession(OrtFunctions functions, std::shared_ptr<OrtEnvironment> environment,
                std::string_view label)
      : functions_(functions), environment_(std::move(environment)), label_(label) {}

  Result<void> open(std::span<const std::byte> model, const SessionOptions& options);
  Result<void> set_options(OrtSessionOptions* raw, const SessionOptions& options);
  Result<void> describe_ends();
  Result<void> bind_input(const TensorSpec& spec, const Tensor& tensor);
  Result<void> bind_output(std::size_t index);
  Result<Tensor> copy_of(const OrtValue* value, const std::string& name);

  OrtFunctions functions_;
  std::shared_ptr<OrtEnvironment> environment_;
  std::string label_;
  std::vector<TensorSpec> inputs_;
  std::vector<TensorSpec> outputs_;
  // The order matters: the session goes before the folder that it may write its profile to, the
  // values before the session that made them.
  std::unique_ptr<ScratchFolder> profile_folder_;
  ClockAnchor profile_begin_;
  OrtSessionPtr session_;
  OrtMemoryInfoPtr memory_;
  std::vector<OrtValuePtr> input_values_;
  /// Null where the shape is known only after a run: then ONNX Runtime allocates in each run.
  std::vector<OrtValuePtr> output_values_;
  OrtIoBindingPtr binding_;
  std::int64_t runs_ = 0;
};

}  // namespace layerwatt
