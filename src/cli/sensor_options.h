#pragma once

#include <CLI/App.hpp>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/recorder.h"

namespace layerwatt::cli {

/// The options by which every measuring command chooses and reads sensors.
struct SensorOptions {
  RecorderOptions recorder;
  std::string root = "/";
  /// "auto", a row of the sensor table, or "virtual:<board>".
  std::string sensor = "auto";

  /// Declares them; `this` must outlive the parsing.
  void declare(CLI::App& app);
  /// Puts what was parsed together: the board's name for "virtual:<board>", else empty, and
  /// `recorder` filled. kInvalidArgument for a kind of sensor that does not exist.
  Result<std::string> resolve();
};

}  // namespace layerwatt::cli
