#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/experiment/engine_table.h"
#include "layerwatt/running/network_request.h"

#include "cli/app.h"

namespace layerwatt::cli {

/// The options of every command that runs a network: engine, shapes, type, threads, and what the
/// engines bring along.
struct NetworkOptions {
  /// Empty: the first there is.
  std::string engine;
  std::optional<DataType> type;
  std::vector<std::string> images;
  std::vector<std::string> input_data;
  OptionTexts engine_options;
  /// Whether --spin was given, rather than left at its default.
  const Option* spin = nullptr;

  /// Which engines' options: of all, or of those that run layers one by one.
  enum class Engines { kAll, kLayerByLayer };
  /// Declares them; `this` and `network`, which most of them write to, must outlive the parsing.
  void declare(App& app, NetworkRequest& network, Engines engines);
  /// The engine that was chosen. Puts the type into the request, by default what the engine is best
  /// at, and the pictures, which it decodes. kInvalidArgument for an engine that does not exist.
  Result<const EngineRow*> resolve(NetworkRequest& network) const;
  EngineSettings settings(const NetworkRequest& network) const {
    return {network.type, engine_options};
  }
};

}  // namespace layerwatt::cli
