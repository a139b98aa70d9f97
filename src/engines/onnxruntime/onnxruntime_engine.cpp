#include "engines/onnxruntime/onnxruntime_engine.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "engines/onnxruntime/onnxruntime_api.h"
#include "engines/onnxruntime/onnxruntime_environment.h"
#include "engines/onnxruntime/onnxruntime_profile.h"
#include "engines/onnxruntime/onnxruntime_session.h"
#include "engines/onnxruntime/stderr_silence.h"

namespace layerwatt {
namespace {

class OnnxRuntime final : public Engine {
 public:
  OnnxRuntime(OrtFunctions functions, std::string version)
      : functions_(functions), version_(std::move(version)) {}

  std::string_view name() const override { return "onnxruntime"; }
  std::string version() const override { return version_; }

  Result<std::unique_ptr<Session>> load(std::span<const std::byte> model, std::string_view label,
                                        const SessionOptions& options) override {
    if (!environment_) {
      auto environment = OrtEnvironment::share(functions_, options.threads, options.spinning);
      if (!environment) return std::move(environment).error();
      environment_ = *std::move(environment);
    }
    return OrtCpuSession::load(functions_, environment_, model, label, options);
  }

  std::int64_t profiled_pass_limit(std::size_t layer_count) const override {
    return ort_profiled_pass_limit(layer_count);
  }

 private:
  OrtFunctions functions_;
  std::string version_;
  std::shared_ptr<OrtEnvironment> environment_;
};

}  // namespace

Result<std::unique_ptr<Engine>> open_onnxruntime(const OnnxRuntimePlaces& places) {
  auto library = open_onnxruntime_library(places);
  if (!library) return std::move(library).error();
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what dlsym gives
  const auto get_api_base = reinterpret_cast<decltype(&OrtGetApiBase)>(library->get_api_base);
  const OrtApiBase* base = get_api_base();
  const std::string version = base->GetVersionString();
  const OrtApi* api = nullptr;
  {
    const StderrSilence silence;  // a library that is too old says so on stderr; we say it better
    api = base->GetApi(kOrtApiVersion);
  }
  if (api == nullptr) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} is ONNX Runtime {}, but layerwatt needs 1.{} or later; {}",
                             library->path, version, kOrtApiVersion, onnxruntime_hint()));
  }
  return std::unique_ptr<Engine>(std::make_unique<OnnxRuntime>(OrtFunctions(api), version));
}

}  // namespace layerwatt
