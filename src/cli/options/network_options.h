#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/network_request.h"

namespace layerwatt::cli {

/// The options of every command that runs a network: engine, shapes, type, threads.
struct NetworkOptions {
  /// Empty: the first there is.
  std::string engine;
  std::string dtype;
  std::vector<std::string> images;
  /// Whether --spin was given, rather than left at its default.
  const CLI::Option* spin = nullptr;

  /// Declares them; `this` and `network`, which most of them write to, must outlive the parsing.
  void declare(CLI::App& app, NetworkRequest& network);
  /// Puts the type into the request, by default what the engine is best at, and the pictures, which
  /// it decodes.
  Result<void> resolve(NetworkRequest& network) const;
  bool is_tensorrt() const { return engine == "tensorrt" || is_trtexec(); }
  /// Not an Engine: a program that runs all passes by itself (measure_with_trtexec()).
  bool is_trtexec() const { return engine == "trtexec"; }
  /// A run that was recorded before (measure_replayed()).
  bool is_replay() const { return engine == "replay"; }
  /// kInvalidArgument for an engine that does not exist.
  Result<std::unique_ptr<Engine>> open_engine() const;
};

}  // namespace layerwatt::cli
