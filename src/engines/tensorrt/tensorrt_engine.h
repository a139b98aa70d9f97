#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/engines/tensorrt.h"

#include "engines/tensorrt/tensorrt_log.h"
#include "engines/tensorrt/tensorrt_seam.h"

namespace layerwatt::trt {

/// TensorRT in this process, whatever makes the calls. load() takes an ONNX model, of which an
/// engine is built (once: it is kept in memory, and in the cache where there is one), or a
/// serialised engine.
class TensorRtEngine final : public Engine {
 public:
  /// kUnsupported where the library is not of the module's major version, or there is no GPU that
  /// can be used.
  static Result<std::unique_ptr<Engine>> open(std::unique_ptr<Api> api, TensorRtBuild build);

  std::string_view name() const override { return "tensorrt"; }
  std::string version() const override { return to_string(api_->loaded()); }
  Result<std::unique_ptr<Session>> load(std::span<const std::byte> model, std::string_view label,
                                        const SessionOptions& options) override;
  std::int64_t profiled_pass_limit(std::size_t /*layer_count*/) const override { return 0; }
  bool inspects() const override { return true; }

 private:
  TensorRtEngine(std::unique_ptr<Api> api, TensorRtBuild build, std::string device)
      : api_(std::move(api)), build_(std::move(build)), device_(std::move(device)) {}
  Result<std::unique_ptr<EngineHandle>> engine_of(std::span<const std::byte> onnx,
                                                  std::string_view label);
  Result<std::unique_ptr<EngineHandle>> build(std::span<const std::byte> onnx,
                                              std::string_view label, const std::string& name);
  /// Null where it cannot be loaded; why is in the log.
  std::unique_ptr<EngineHandle> deserialise(std::span<const std::byte> plan);
  std::filesystem::path timing_cache_path() const;

  std::unique_ptr<Api> api_;
  TensorRtBuild build_;
  std::string device_;
  KeptLog log_;
  /// Name in the cache, and bytes, of the engine that was made last.
  std::string last_name_;
  std::vector<std::byte> last_plan_;
};

}  // namespace layerwatt::trt
