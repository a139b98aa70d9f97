#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/recording/recorder.h"

namespace layerwatt::cli {

/// The options by which every measuring command chooses and reads sensors.
struct SensorOptions {
  RecorderOptions recorder;
  std::string root = "/";
  /// "auto", a row of the sensor table, or "virtual:<board>".
  std::string sensor = "auto";
  std::string tegrastats;
  std::optional<Duration> tegrastats_interval;

  /// Declares them; `this` must outlive the parsing.
  enum class Tegrastats { kWithInterval, kProgramAlone };
  void declare(CLI::App& app, Tegrastats tegrastats_options = Tegrastats::kWithInterval);
  /// Puts what was parsed together: the board's name for "virtual:<board>", else empty, and
  /// `recorder` filled. kInvalidArgument for a kind of sensor that does not exist.
  Result<std::string> resolve();
};

/// The two options by which the sensor `tegrastats` is started.
void declare_tegrastats(CLI::App& app, std::string& program);
void declare_tegrastats_interval(CLI::App& app, std::optional<Duration>& interval);
/// Puts them where the sensor looks for them. kInvalidArgument for an interval below 1 ms.
Result<void> resolve_tegrastats(const std::string& program, const std::optional<Duration>& interval,
                                SystemRoot& root);

}  // namespace layerwatt::cli
