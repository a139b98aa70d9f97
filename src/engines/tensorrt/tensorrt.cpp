#include "layerwatt/engines/tensorrt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "core/fingerprint.h"

namespace layerwatt {
namespace {

struct Advice {
  /// Any of these in the log, in lower case.
  std::array<std::string_view, 5> signs;
  std::string_view advice;
};

constexpr std::array<Advice, 8> kAdvice{{
    {{"version tag does not match", "serialized engine version", "plan file is not compatible",
      "not compatible with this version", "version mismatch"},
     "The engine was built by another version of TensorRT, and only that one can load it: give the "
     "ONNX model instead, so that this version builds its own."},
    {{"incompatible device", "expecting compute", "different gpu", "across different models",
      "cross-platform"},
     "The engine was built for another GPU: give the ONNX model instead, so that it is built for "
     "this one."},
    {{"no importer registered", "unsupported_node", "unsupported_graph", "plugin not found",
      "unsupported onnx"},
     "TensorRT has no counterpart of an operator in this model: export it with other operators, or "
     "measure it with --engine onnxruntime."},
    {{"out of memory", "outofmemory", "insufficient memory", "memory allocation",
      "cannot allocate"},
     "The GPU's memory does not suffice: close other programs, lower --workspace, or take a "
     "smaller "
     "batch with --input-shape."},
    {{"error while loading shared libraries", "libnvinfer", "libcudart", "libnvonnxparser",
      "cannot open shared object"},
     "A library of TensorRT or CUDA is missing: install the package tensorrt (JetPack: "
     "nvidia-jetpack)."},
    {{"cuda driver version is insufficient", "no cuda-capable device", "cuda initialization",
      "unknown error: 999", "nvgpu"},
     "The GPU cannot be used: check its driver; in a container, start it with --runtime nvidia."},
    {{"unknown option", "invalid option", "is deprecated and removed", "unrecognized", ""},
     "This version of TensorRT does not know an option that layerwatt gave it: please report "
     "which."},
    {{"dla is not", "dla core", "no dla", "cannot create dla", "dla validation"},
     "This board has no such DLA core, or the network cannot run on it: leave --dla-core out."},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return out;
}

/// "[11/21/2024-05:17:43] [E] [TRT] message" → "message"; empty if the line tells of no error.
std::string_view error_in(std::string_view line) {
  std::size_t at = line.find("[E] ");
  if (at != std::string_view::npos) {
    at += 4;
    if (line.substr(at, 6) == "[TRT] ") at += 6;
    return line.substr(at);
  }
  return line.find("error while loading") == std::string_view::npos ? std::string_view() : line;
}

/// Without control characters, and no longer than a person reads.
std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 400;
  std::string out(text.substr(0, kLongest));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (text.size() > kLongest) out += " …";
  return out;
}

}  // namespace

std::string to_string(const TensorRtVersion& version) {
  return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

std::optional<TensorRtVersion> tensorrt_version_of_number(std::int64_t number) {
  if (number < 1000 || number > 9'999'999) return std::nullopt;
  const bool new_form = number >= 100'000;
  const int value = static_cast<int>(number);
  const int scale = new_form ? 10'000 : 1000;
  if (!new_form && value >= 10'000) return std::nullopt;  // no version was ever numbered so
  return TensorRtVersion{value / scale, value % scale / 100, value % 100};
}

Result<void> check_build(const TensorRtBuild& build, const TensorRtVersion& version) {
  const auto needs = [&](std::string_view what, std::string_view first) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} needs TensorRT {} or later; this one is {}", what, first,
                             to_string(version)));
  };
  const auto wrong = [](std::string message) {
    return Error(ErrorCode::kInvalidArgument, std::move(message));
  };
  if (build.type == DataType::kBFloat16 && version.major < 9) return needs("bfloat16", "9.0");
  if (build.type != DataType::kFloat32 && build.type != DataType::kFloat16 &&
      build.type != DataType::kBFloat16 && build.type != DataType::kInt8) {
    return wrong(fmt::format("TensorRT runs networks as float32, float16, bfloat16 or int8, not {}",
                             to_string(build.type)));
  }
  constexpr std::int64_t kUsualLevel = 3;
  if (build.optimization_level &&
      (*build.optimization_level < 0 || *build.optimization_level > 5)) {
    return wrong("--optimization-level must be from 0 to 5");
  }
  if (build.optimization_level.value_or(kUsualLevel) != kUsualLevel &&
      version < TensorRtVersion{8, 6, 0}) {
    return needs("--optimization-level", "8.6");
  }
  if (build.dla_core && *build.dla_core < 0) return wrong("--dla-core must be 0 or more");
  if (build.workspace_mib && *build.workspace_mib < 1) {
    return wrong("--workspace must be at least 1 MiB");
  }
  return {};
}

std::filesystem::path default_tensorrt_cache() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') {
    return std::filesystem::path(cache) / "layerwatt" / "tensorrt";
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return std::filesystem::path(home) / ".cache" / "layerwatt" / "tensorrt";
}

std::string cached_engine_name(std::span<const std::byte> model, const TensorRtBuild& build,
                               const TensorRtVersion& version, std::string_view machine) {
  Fingerprint print;
  print.add(model);
  print.add(fmt::format("|{}|{}|{}|{}|{}|{}", to_string(build.type),
                        build.optimization_level.value_or(-1), build.dla_core.value_or(-1),
                        build.workspace_mib.value_or(-1), to_string(version), machine));
  return print.text() + ".engine";
}

std::string tensorrt_advice(std::string_view log) {
  const std::string text = lower(log);
  for (const Advice& advice : kAdvice) {
    const auto says = [&](std::string_view sign) {
      return !sign.empty() && text.find(sign) != std::string::npos;
    };
    if (std::ranges::any_of(advice.signs, says)) return std::string(advice.advice);
  }
  return {};
}

std::string tensorrt_errors(std::string_view log, std::size_t most) {
  std::string out;
  std::size_t found = 0;
  while (!log.empty() && found < most) {
    const std::size_t end = std::min(log.find('\n'), log.size());
    const std::string_view message = error_in(log.substr(0, end));
    log.remove_prefix(std::min(end + 1, log.size()));
    if (message.empty()) continue;
    if (!out.empty()) out += "\n  ";
    out += printable(message);
    ++found;
  }
  return out;
}

}  // namespace layerwatt
