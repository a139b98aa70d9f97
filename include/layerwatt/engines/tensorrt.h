#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// Of the library, as NvInferVersion.h and the library itself tell it.
struct TensorRtVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  friend auto operator<=>(const TensorRtVersion&, const TensorRtVersion&) = default;
};

/// "10.3.0".
std::string to_string(const TensorRtVersion& version);

/// Of the number that the library reports: 8502 is 8.5.2, 100300 is 10.3.0 (the form changed with
/// version 10). nullopt for what is no version.
std::optional<TensorRtVersion> tensorrt_version_of_number(std::int64_t number);

/// The oldest whose inspector, detailed verbosity and separate profile exist.
inline constexpr TensorRtVersion kOldestTrtexec{8, 2, 0};
/// The oldest with named tensors and enqueueV3.
inline constexpr TensorRtVersion kOldestTensorRtModule{8, 5, 0};
/// The newest whose options and headers were read.
inline constexpr int kNewestTensorRtMajor = 11;

/// How an engine is built from a network, whichever way TensorRT is driven.
struct TensorRtBuild {
  /// kFloat32, kFloat16, kBFloat16, or kInt8 for a network with QuantizeLinear nodes. Up to
  /// TensorRT 10 a permission to use the type; from 11 on networks are strongly typed, and the
  /// model itself must be of the type.
  DataType type = DataType::kFloat16;
  /// 0 to 5; TensorRT's own (3) where absent.
  std::optional<std::int64_t> optimization_level;
  /// The deep-learning accelerator to run on, with the GPU for what it cannot.
  std::optional<int> dla_core;
  /// Scratch memory in MiB; TensorRT's own where absent.
  std::optional<std::int64_t> workspace_mib;
  /// Where engines and timing caches are kept between runs; empty: nowhere.
  std::filesystem::path cache_folder;
};

/// kUnsupported for what this version lacks, naming the version that has it.
Result<void> check_build(const TensorRtBuild& build, const TensorRtVersion& version);

/// ${XDG_CACHE_HOME:-~/.cache}/layerwatt/tensorrt; empty where neither is set.
std::filesystem::path default_tensorrt_cache();

/// Name in the cache of the engine that `build` makes of `model` with this version on this machine
/// ("1f0c….engine"). Whatever changes the engine changes the name; `machine` tells boards apart
/// that share a home folder.
std::string cached_engine_name(std::span<const std::byte> model, const TensorRtBuild& build,
                               const TensorRtVersion& version, std::string_view machine);

/// What a person can do about what TensorRT said in its log: one sentence, or empty where nothing
/// is known. Knows engines of other versions and GPUs, operators without a counterpart, too little
/// memory, missing libraries and drivers.
std::string tensorrt_advice(std::string_view log);

/// The lines of a log that tell of errors, at most `most` of them, without the columns before the
/// message; for the text of an Error.
std::string tensorrt_errors(std::string_view log, std::size_t most = 3);

}  // namespace layerwatt
