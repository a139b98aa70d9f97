#include "experiment/engines/tensorrt_options.h"

#include <array>
#include <cstdint>
#include <optional>

#include "layerwatt/core/number_range.h"
#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

template <const NumberRange& range>
std::string refuse_but(std::string_view text) {
  return refuse_number(text, range);
}

// In the order of trtexec's row, whose last one TensorRT in this process does not have.
constexpr std::array kOptions = {
    OptionRow{.name = "optimization-level",
              .help = "TensorRT only: how long the builder searches, 0 to 5 (8.6 and later)",
              .value = "INT:0 to 5",
              .otherwise = "3",
              .refuse = refuse_but<ranges::kOptimizationLevel>},
    OptionRow{.name = "dla-core",
              .help = "TensorRT only: run on this deep-learning accelerator, with the GPU for what "
                      "it cannot",
              .value = "INT",
              .refuse = refuse_but<ranges::kDlaCore>},
    OptionRow{.name = "workspace",
              .help = "TensorRT only: most scratch memory, in MiB",
              .value = "INT",
              .refuse = refuse_but<ranges::kMebibytes>},
    OptionRow{.name = "engine-cache",
              .help = "TensorRT only: where built engines and timings are kept "
                      "(~/.cache/layerwatt/tensorrt)",
              .value = "FOLDER"},
    OptionRow{.name = "no-engine-cache", .help = "TensorRT only: build anew, keep nothing"},
    OptionRow{.name = "min-block-size",
              .help = "TensorRT only",
              .value = "INT",
              .otherwise = "5",
              .refuse = refuse_but<ranges::kCountOrNone>},
    OptionRow{.name = "trtexec",
              .help = "Engine trtexec only: the program; found on PATH or in "
                      "/usr/src/tensorrt/bin if absent",
              .value = "PATH"},
};

constexpr std::int64_t kUsualLevel = 3;
constexpr std::int64_t kUsualBlock = 5;

std::optional<std::int64_t> number_of(const OptionTexts& options, std::string_view name) {
  const auto typed = options.find(name);
  return typed == options.end() ? std::nullopt : parse_int64(typed->second);
}

}  // namespace

std::span<const OptionRow> tensorrt_options() {
  return std::span(kOptions).first(kOptions.size() - 1);
}

std::span<const OptionRow> trtexec_options() { return kOptions; }

TensorRtBuild tensorrt_build(const EngineSettings& settings) {
  TensorRtBuild build;
  build.type = settings.type;
  build.optimization_level =
      number_of(settings.options, "optimization-level").value_or(kUsualLevel);
  if (const auto core = number_of(settings.options, "dla-core")) {
    build.dla_core = static_cast<int>(*core);
  }
  build.workspace_mib = number_of(settings.options, "workspace");
  if (settings.options.contains("no-engine-cache")) return build;
  const auto folder = settings.options.find("engine-cache");
  build.cache_folder = folder == settings.options.end() || folder->second.empty()
                           ? default_tensorrt_cache()
                           : std::filesystem::path(folder->second);
  return build;
}

MeasureOptions with_tensorrt_options(const MeasureOptions& options,
                                     const EngineSettings& settings) {
  MeasureOptions with = options;
  with.output.optimization_level = tensorrt_build(settings).optimization_level;
  with.output.min_block_size = number_of(settings.options, "min-block-size").value_or(kUsualBlock);
  return with;
}

}  // namespace layerwatt
