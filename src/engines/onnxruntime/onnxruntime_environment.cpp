#include "engines/onnxruntime/onnxruntime_environment.h"

#include <mutex>
#include <utility>

#include "engines/onnxruntime/stderr_silence.h"

namespace layerwatt {
namespace {

/// Failures come back as statuses, with more context; what remains are warnings about the machine
/// and the model, which nobody who measures can act on.
void ORT_API_CALL ignore_message(void*, OrtLoggingLevel, const char*, const char*, const char*,
                                 const char*) noexcept {}

std::mutex environment_mutex;
std::weak_ptr<OrtEnvironment> shared_environment;

}  // namespace

Result<std::shared_ptr<OrtEnvironment>> OrtEnvironment::share(OrtFunctions functions, int threads,
                                                              bool spinning) {
  constexpr std::string_view kLabel = "creating ONNX Runtime's environment";
  const std::scoped_lock lock(environment_mutex);
  if (auto existing = shared_environment.lock()) return existing;

  OrtThreadingOptions* raw_options = nullptr;
  if (auto r = functions.check(functions->CreateThreadingOptions(&raw_options), kLabel); !r) {
    return std::move(r).error();
  }
  const auto options = functions.own<OrtThreadingOptionsPtr>(raw_options);
  if (auto r =
          functions.check(functions->SetGlobalIntraOpNumThreads(options.get(), threads), kLabel);
      !r) {
    return std::move(r).error();
  }
  if (auto r = functions.check(functions->SetGlobalInterOpNumThreads(options.get(), 1), kLabel);
      !r) {
    return std::move(r).error();
  }
  if (auto r =
          functions.check(functions->SetGlobalSpinControl(options.get(), spinning ? 1 : 0), kLabel);
      !r) {
    return std::move(r).error();
  }

  OrtEnv* raw = nullptr;
  OrtStatus* status = nullptr;
  {
    const StderrSilence silence;
    status = functions->CreateEnvWithCustomLoggerAndGlobalThreadPools(
        ignore_message, nullptr, ORT_LOGGING_LEVEL_ERROR, "layerwatt", options.get(), &raw);
  }
  if (auto r = functions.check(status, kLabel); !r) return std::move(r).error();
  std::shared_ptr<OrtEnvironment> made(
      new OrtEnvironment(functions.own<OrtEnvPtr>(raw), threads, spinning));
  if (auto r = functions.check(functions->DisableTelemetryEvents(made->get()), kLabel); !r) {
    return std::move(r).error();
  }
  shared_environment = made;
  return made;
}

}  // namespace layerwatt
