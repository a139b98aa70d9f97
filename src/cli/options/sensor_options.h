#pragma once

#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/recording/recorder_options.h"

#include "cli/app.h"

namespace layerwatt::cli {

/// Declares the recorder's options and those that sensors bring along; what is typed goes to
/// `options`, which must outlive the parsing. `of_record`: those too that `layerwatt record` alone
/// has. `but`: an option that the command declares in its own way.
void declare_recorder(App& app, RecorderOptions& options, bool of_record,
                      const std::string& but = "");

/// Those of them by which sensors are looked for, and what sensors bring along.
void declare_sensor_choice(App& app, RecorderOptions& options, const std::string& help);

/// The options by which every measuring command chooses and reads sensors.
struct SensorOptions {
  RecorderOptions recorder;

  void declare(App& app, const std::string& but = "");
  /// The board's name for "virtual:<board>", else empty. kInvalidArgument for a kind of sensor that
  /// does not exist.
  Result<std::string> resolve();
};

}  // namespace layerwatt::cli
