#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <system_error>

#include "layerwatt/core/own_program.h"
#include "layerwatt/engines/tensorrt_engine.h"

#include "engines/tensorrt/tensorrt_engine.h"
#include "engines/tensorrt/tensorrt_seam.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModule = "liblayerwatt_tensorrt.so";
constexpr std::string_view kHint =
    "the module is built where TensorRT's and CUDA's headers are (packages libnvinfer-dev, "
    "libnvonnxparsers-dev and cuda-cudart-dev, with JetPack: nvidia-jetpack; see docs/jetson.md), "
    "and runs with TensorRT 8.5 to 11. --engine trtexec needs no module";

struct Module {
  trt::OpenFunction open = nullptr;
};

/// Why there is no module at `candidate`, or the module.
Result<Module> open_module(const std::string& candidate) {
  const auto not_one = [](std::string why) { return Error(ErrorCode::kNotFound, std::move(why)); };
  std::error_code error;
  if (!fs::exists(candidate, error)) return not_one("absent");
  void* handle = ::dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = ::dlerror();
    const std::string text = why == nullptr ? "cannot be loaded" : why;
    const std::string advice = tensorrt_advice(text);
    return not_one(advice.empty() ? text : text + ". " + advice);
  }
  // Never closed: TensorRT's and CUDA's threads outlive any use of ours.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what dlsym gives
  const auto version =
      reinterpret_cast<trt::SeamVersionFunction>(::dlsym(handle, trt::kSeamVersionSymbol));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what dlsym gives
  const auto open = reinterpret_cast<trt::OpenFunction>(::dlsym(handle, trt::kOpenSymbol));
  if (version == nullptr || open == nullptr) return not_one("not a module of layerwatt");
  if (version() != trt::kSeamVersion) {
    return not_one(fmt::format("a module of another layerwatt (interface {}, not {})", version(),
                               trt::kSeamVersion));
  }
  return Module{open};
}

}  // namespace

TensorRtPlaces tensorrt_places() {
  TensorRtPlaces places;
  if (const char* chosen = std::getenv("LAYERWATT_TENSORRT"); chosen != nullptr && *chosen != 0) {
    places.chosen = chosen;
  }
  places.program_folder = own_program().parent_path();
  return places;
}

std::vector<std::string> tensorrt_candidates(const TensorRtPlaces& places) {
  if (places.chosen) {
    std::error_code error;
    const fs::path chosen = *places.chosen;
    return {fs::is_directory(chosen, error) ? (chosen / kModule).string() : chosen.string()};
  }
  std::vector<std::string> out;
  if (!places.program_folder.empty()) {
    out.push_back((places.program_folder / kModule).string());
    out.push_back((places.program_folder.parent_path() / "lib" / "layerwatt" / kModule).string());
  }
  return out;
}

Result<std::unique_ptr<Engine>> open_tensorrt(const TensorRtPlaces& places,
                                              const TensorRtBuild& build) {
  std::string tried;
  for (const std::string& candidate : tensorrt_candidates(places)) {
    auto module = open_module(candidate);
    if (module) return trt::TensorRtEngine::open(std::unique_ptr<trt::Api>(module->open()), build);
    tried += fmt::format("\n  {}: {}", candidate, module.error().message());
  }
  return Error(ErrorCode::kNotFound,
               fmt::format("TensorRT cannot be used: layerwatt's module for it was not found; {}. "
                           "Tried:{}",
                           kHint, tried));
}

}  // namespace layerwatt
