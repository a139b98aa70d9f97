#include "engines/tensorrt/tensorrt_build.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace layerwatt::trt {
namespace {

constexpr int kStronglyTyped = 11;

Result<void> parse(Builder& builder, const KeptLog& log, std::span<const std::byte> onnx,
                   std::string_view label) {
  if (builder.parse(onnx)) return {};
  constexpr std::size_t kMost = 3;
  auto errors = builder.parser_errors();
  errors.resize(std::min(errors.size(), kMost));
  return log.failure(ErrorCode::kUnsupported, fmt::format("read the model {}", label),
                     fmt::format("{}", fmt::join(errors, "; ")));
}

Result<void> allow_types(Builder& builder, DataType type, const TensorRtVersion& version) {
  if (type == DataType::kFloat32 || version.major >= kStronglyTyped) return {};
  const auto allow = [&](DataType wanted) -> Result<void> {
    if (builder.allow_type(wanted)) return {};
    return Error(ErrorCode::kUnsupported, fmt::format("TensorRT {} cannot be told to use {}",
                                                      to_string(version), to_string(wanted)));
  };
  // What is not quantised runs in half precision.
  if (type == DataType::kInt8) {
    if (auto r = allow(DataType::kFloat16); !r) return r;
  }
  return allow(type);
}

}  // namespace

Result<BuiltEngine> build_engine(Api& api, KeptLog& log, std::span<const std::byte> onnx,
                                 std::string_view label, const TensorRtBuild& build,
                                 std::span<const std::byte> timing_cache) {
  const TensorRtVersion version = api.loaded();
  if (auto r = check_build(build, version); !r) return std::move(r).error();
  log.clear();
  const std::unique_ptr<Builder> builder = api.make_builder();
  if (!builder) {
    return log.failure(ErrorCode::kInternal, "make a builder", api.cuda().last_error());
  }
  if (auto r = parse(*builder, log, onnx, label); !r) return std::move(r).error();
  builder->set_detailed();
  if (auto r = allow_types(*builder, build.type, version); !r) return std::move(r).error();
  if (build.workspace_mib) {
    builder->set_workspace(static_cast<std::size_t>(*build.workspace_mib) << 20);
  }
  if (build.optimization_level) {
    // check_build() has refused all but the usual level where there are none.
    (void)builder->set_optimization_level(static_cast<int>(*build.optimization_level));
  }
  (void)builder->set_max_aux_streams(0);
  if (build.dla_core && !builder->set_dla(*build.dla_core)) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("this board has no DLA core {}: leave --dla-core out", *build.dla_core));
  }
  if (!builder->set_timing_cache(timing_cache)) {
    // Of another GPU or version: it only saves time.
    (void)builder->set_timing_cache({});
  }
  BuiltEngine built;
  built.plan = builder->build();
  if (built.plan.empty()) {
    return log.failure(ErrorCode::kUnsupported, fmt::format("build an engine of {}", label));
  }
  built.timing_cache = builder->timing_cache();
  return built;
}

}  // namespace layerwatt::trt
