#include "engines/tensorrt/tensorrt_engine.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "layerwatt/core/file_text.h"

#include "core/fingerprint.h"
#include "engines/tensorrt/tensorrt_build.h"
#include "engines/tensorrt/tensorrt_session.h"

namespace layerwatt::trt {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestPlan = std::size_t{8} << 30;
/// Field 1 of ONNX's ModelProto, its version as a varint. Serialised engines begin with letters.
constexpr std::byte kOnnxBegin{0x08};

std::vector<std::byte> read_bytes(const fs::path& path) {
  const auto text = read_file(path, kLargestPlan);
  if (!text) return {};
  const auto bytes = std::as_bytes(std::span(*text));
  return {bytes.begin(), bytes.end()};
}

/// A cache that cannot be written only costs time.
void keep(const fs::path& path, std::span<const std::byte> bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error || bytes.empty()) return;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  (void)write_file_atomically(path, text);
}

}  // namespace

Result<std::unique_ptr<Engine>> TensorRtEngine::open(std::unique_ptr<Api> api,
                                                     TensorRtBuild build) {
  const TensorRtVersion built_for = api->built_for();
  const TensorRtVersion loaded = api->loaded();
  if (loaded.major != built_for.major || loaded < built_for) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("layerwatt's TensorRT module was built for {}, but the library here is "
                    "{}; it needs the same major version, and none older. Build the module "
                    "on this board (packages libnvinfer-dev and libnvonnxparsers-dev), or "
                    "use --engine trtexec",
                    to_string(built_for), to_string(loaded)));
  }
  const auto device = api->cuda().device_name();
  if (!device) {
    const std::string why = api->cuda().last_error();
    const std::string advice = tensorrt_advice(why);
    return Error(ErrorCode::kUnsupported, fmt::format("there is no GPU that CUDA can use: {}{}{}",
                                                      why, advice.empty() ? "" : "\n", advice));
  }
  std::unique_ptr<TensorRtEngine> engine(
      new TensorRtEngine(std::move(api), std::move(build), *device));
  engine->api_->set_log(&engine->log_);
  return std::unique_ptr<Engine>(std::move(engine));
}

Result<std::unique_ptr<Session>> TensorRtEngine::load(std::span<const std::byte> model,
                                                      std::string_view label,
                                                      const SessionOptions& options) {
  if (model.empty()) {
    return Error(ErrorCode::kParse, fmt::format("{}: the file is empty", label));
  }
  if (model.front() == kOnnxBegin) {
    auto engine = engine_of(model, label);
    if (!engine) return std::move(engine).error();
    return TensorRtSession::open(*api_, log_, *std::move(engine), label, options);
  }
  auto engine = deserialise(model);
  if (!engine) {
    return log_.failure(ErrorCode::kUnsupported, fmt::format("load the engine {}", label));
  }
  return TensorRtSession::open(*api_, log_, std::move(engine), label, options);
}

std::unique_ptr<EngineHandle> TensorRtEngine::deserialise(std::span<const std::byte> plan) {
  log_.clear();
  return api_->deserialise(plan);
}

Result<std::unique_ptr<EngineHandle>> TensorRtEngine::engine_of(std::span<const std::byte> onnx,
                                                                std::string_view label) {
  const std::string name = cached_engine_name(onnx, build_, api_->loaded(), device_);
  if (name != last_name_ && !build_.cache_folder.empty()) {
    last_plan_ = read_bytes(build_.cache_folder / name);
    last_name_ = last_plan_.empty() ? std::string() : name;
  }
  if (name == last_name_) {
    if (auto engine = deserialise(last_plan_)) return engine;
    // Damaged, or of a driver that has changed: as if it were not there.
    last_name_.clear();
  }
  return build(onnx, label, name);
}

Result<std::unique_ptr<EngineHandle>> TensorRtEngine::build(std::span<const std::byte> onnx,
                                                            std::string_view label,
                                                            const std::string& name) {
  const bool cached = !build_.cache_folder.empty();
  const std::vector<std::byte> timings =
      cached ? read_bytes(timing_cache_path()) : std::vector<std::byte>();
  auto built = build_engine(*api_, log_, onnx, label, build_, timings);
  if (!built) return std::move(built).error();
  auto engine = deserialise(built->plan);
  if (!engine) {
    return log_.failure(ErrorCode::kInternal,
                        fmt::format("load the engine that it built of {}", label));
  }
  if (cached) {
    keep(build_.cache_folder / name, built->plan);
    keep(timing_cache_path(), built->timing_cache);
  }
  last_plan_ = std::move(built->plan);
  last_name_ = name;
  return engine;
}

fs::path TensorRtEngine::timing_cache_path() const {
  Fingerprint print;
  print.add(device_);
  return build_.cache_folder /
         fmt::format("timing-{}-{}.cache", to_string(api_->loaded()), print.text());
}

}  // namespace layerwatt::trt
