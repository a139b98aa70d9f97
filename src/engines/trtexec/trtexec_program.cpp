#include "layerwatt/engines/trtexec_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWhereFrom =
    "trtexec comes with TensorRT: on a Jetson install the package libnvinfer-bin (or all of "
    "nvidia-jetpack), elsewhere NVIDIA's package tensorrt; or name it with --trtexec PATH";
constexpr TensorRtVersion kNamedWorkspace{8, 4, 0};
constexpr TensorRtVersion kOneStream{8, 6, 0};
constexpr int kStronglyTyped = 11;

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<fs::path> find_on_path(std::string_view search_path) {
  while (!search_path.empty()) {
    const std::size_t end = std::min(search_path.find(':'), search_path.size());
    const fs::path candidate = fs::path(search_path.substr(0, end)) / "trtexec";
    search_path.remove_prefix(std::min(end + 1, search_path.size()));
    if (is_program(candidate)) return candidate;
  }
  return std::nullopt;
}

Result<fs::path> locate(const TrtexecPlaces& places) {
  if (!places.chosen.empty()) {
    if (is_program(places.chosen)) return places.chosen;
    return Error(ErrorCode::kNotFound,
                 fmt::format("'{}' (--trtexec) is not a program that can be run; {}",
                             places.chosen.string(), kWhereFrom));
  }
  if (const auto found = find_on_path(places.search_path)) return *found;
  if (is_program(places.installed)) return places.installed;
  return Error(ErrorCode::kNotFound, fmt::format("no trtexec on PATH nor at {}; {}",
                                                 places.installed.string(), kWhereFrom));
}

std::string option(std::string_view name, const fs::path& path) {
  return fmt::format("--{}={}", name, path.string());
}

void add_precision(const TrtexecProgram& program, DataType type, std::vector<std::string>& out) {
  // From 11 on the model's own types are the engine's.
  if (program.version.major >= kStronglyTyped) return;
  if (type == DataType::kFloat16) out.emplace_back("--fp16");
  if (type == DataType::kBFloat16) out.emplace_back("--bf16");
  if (type == DataType::kInt8) {
    out.emplace_back("--int8");
    // For what is not quantised.
    out.emplace_back("--fp16");
  }
}

/// What 11 does by itself and earlier versions do not, taken back, so that passes are the same.
void add_common(const TrtexecProgram& program, bool spinning, std::vector<std::string>& out) {
  if (program.version.major >= kStronglyTyped) {
    out.emplace_back("--noCudaGraph");
    if (!spinning) out.emplace_back("--noSpinWait");
    return;
  }
  out.emplace_back("--noDataTransfers");
  if (spinning) out.emplace_back("--useSpinWait");
}

}  // namespace

TrtexecPlaces trtexec_places(const fs::path& chosen) {
  TrtexecPlaces places;
  places.chosen = chosen;
  if (const char* path = std::getenv("PATH")) places.search_path = path;
  return places;
}

std::optional<TensorRtVersion> parse_trtexec_banner(std::string_view output) {
  constexpr std::string_view kMark = "[TensorRT v";
  const std::size_t at = output.find(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  output.remove_prefix(at + kMark.size());
  const auto number = parse_int64(output.substr(0, output.find(']')));
  return number ? tensorrt_version_of_number(*number) : std::nullopt;
}

Result<TrtexecProgram> find_trtexec(const TrtexecPlaces& places) {
  auto path = locate(places);
  if (!path) return std::move(path).error();
  TrtexecProgram program{*path, {}};
  auto run = TrtexecRun::start(program, {"--help"});
  if (!run) return std::move(run).error();
  std::optional<TensorRtVersion> version;
  const Cancellation never;
  for (;;) {
    auto line = run->next_line(never);
    if (!line) return std::move(line).error();
    if (!*line) break;
    if (!version) version = parse_trtexec_banner((*line)->text);
  }
  if (auto done = run->finish("ask trtexec for its version"); !done && !version) {
    return std::move(done).error();
  }
  if (!version) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("'{}' does not say which TensorRT it belongs to; is it NVIDIA's "
                             "trtexec? {}",
                             path->string(), kWhereFrom));
  }
  if (*version < kOldestTrtexec) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("{} is of TensorRT {}; layerwatt drives {} and later (JetPack 4.6.1 "
                    "and later): {}",
                    path->string(), to_string(*version), to_string(kOldestTrtexec), kWhereFrom));
  }
  program.version = *version;
  return program;
}

std::vector<std::string> trtexec_build_arguments(const TrtexecProgram& program,
                                                 const fs::path& model, const fs::path& engine,
                                                 const TensorRtBuild& build) {
  std::vector<std::string> out{option("onnx", model), option("saveEngine", engine),
                               "--profilingVerbosity=detailed"};
  const bool one_stream = program.version >= kOneStream;
  out.emplace_back(one_stream ? "--skipInference" : "--buildOnly");
  // Layers that overlap cannot be told apart.
  if (one_stream) out.emplace_back("--maxAuxStreams=0");
  add_precision(program, build.type, out);
  if (build.optimization_level && one_stream) {
    out.push_back(fmt::format("--builderOptimizationLevel={}", *build.optimization_level));
  }
  if (build.dla_core) {
    out.push_back(fmt::format("--useDLACore={}", *build.dla_core));
    out.emplace_back("--allowGPUFallback");
  }
  if (build.workspace_mib) {
    const bool named = program.version >= kNamedWorkspace;
    out.push_back(fmt::format(
        "{}{}", named ? "--memPoolSize=workspace:" : "--workspace=", *build.workspace_mib));
  }
  if (!build.cache_folder.empty()) {
    const std::string name = fmt::format("timing-{}.cache", to_string(program.version));
    out.push_back(option("timingCacheFile", build.cache_folder / name));
  }
  return out;
}

std::vector<std::string> trtexec_profile_arguments(const TrtexecProgram& program,
                                                   const fs::path& engine, std::int64_t passes,
                                                   const fs::path& profile,
                                                   const fs::path& layers) {
  std::vector<std::string> out{option("loadEngine", engine),
                               fmt::format("--iterations={}", passes),
                               "--duration=0",
                               "--warmUp=200",
                               "--profilingVerbosity=detailed",
                               option("exportProfile", profile),
                               option("exportLayerInfo", layers)};
  add_common(program, false, out);
  return out;
}

std::vector<std::string> trtexec_timing_arguments(const TrtexecProgram& program,
                                                  const fs::path& engine,
                                                  const TrtexecTiming& timing,
                                                  const fs::path& times) {
  constexpr int kAverageOver = 1000;  // fewer lines to print
  std::vector<std::string> out{option("loadEngine", engine),
                               fmt::format("--iterations={}", timing.passes),
                               fmt::format("--duration={}", timing.seconds),
                               "--warmUp=0",
                               fmt::format("--avgRuns={}", kAverageOver),
                               fmt::format("--sleepTime={}", timing.hold.count() / 1'000'000),
                               option("exportTimes", times)};
  add_common(program, timing.spinning, out);
  return out;
}

}  // namespace layerwatt
