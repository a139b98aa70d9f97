#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/engines/tensorrt.h"
#include "layerwatt/engines/trtexec_program.h"

namespace layerwatt::cli {

/// The options that only TensorRT has, in process or through trtexec.
struct TensorRtOptions {
  /// Path of --trtexec; empty: wherever it is.
  std::string trtexec;
  std::int64_t optimization_level = 3;
  std::optional<int> dla_core;
  std::optional<std::int64_t> workspace_mib;
  /// Empty: the usual place.
  std::string engine_cache;
  bool keep_engines = true;

  /// Declares them; `this` must outlive the parsing.
  void declare(CLI::App& app);
  void declare_trtexec(CLI::App& app);
  TensorRtBuild build(DataType type) const;
  Result<TrtexecProgram> find_trtexec() const;
  /// TensorRT in this process.
  Result<std::unique_ptr<Engine>> open_engine(DataType type) const;
};

}  // namespace layerwatt::cli
