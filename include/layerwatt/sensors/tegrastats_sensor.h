#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/sensors/sensor.h"
#include "layerwatt/sensors/tegrastats_line.h"

namespace layerwatt {

/// How tegrastats is run.
struct TegrastatsOptions {
  /// Empty: found on PATH.
  std::filesystem::path program;
  /// What is asked for. A line with rails takes 10 to 28 ms on real boards, whatever was asked.
  std::chrono::milliseconds interval{20};
  /// Rails by name; empty for all that the first line has. Names that no line has are an error.
  std::vector<std::string> rails;
  /// How long the first line may take.
  std::chrono::milliseconds first_line_timeout{5000};
};

/// What the last line said beside its rails, with owned names: for environment records.
struct TegrastatsEnvironment {
  Instant arrival;
  std::optional<TegrastatsLine::Memory> ram;
  std::optional<TegrastatsLine::Memory> swap;
  std::vector<TegrastatsLine::Core> cpu;
  struct Temperature {
    std::string name;
    double celsius;
  };
  std::vector<Temperature> temperatures;
  struct Engine {
    std::string name;
    TegrastatsLine::Engine state;
  };
  std::vector<Engine> engines;
};

/// A running tegrastats whose rails are read like any other sensor's. The process is a child of
/// ours and ends with this object (SIGTERM; `tegrastats --stop` would stop other programs' too).
class TegrastatsSensor final : public Sensor {
 public:
  /// Starts it and waits for a first line, from which the rails are learnt. The error says which of
  /// these it was: not installed, not executable, ended at once (with what it printed), printed
  /// nothing, printed no rails (JetPack 4 and 5 show them to root alone), or has no rail of a name
  /// asked for.
  static Result<std::unique_ptr<TegrastatsSensor>> start(const TegrastatsOptions& options);

  ~TegrastatsSensor() override;
  TegrastatsSensor(const TegrastatsSensor&) = delete;
  TegrastatsSensor& operator=(const TegrastatsSensor&) = delete;

  std::span<const Rail> rails() const override;

  /// Waits for the next line. `after` is its arrival, `before` the arrival of the line that
  /// preceded it: the sampling lies somewhere between. kTryAgain when no line comes in ten
  /// intervals (at least one second), kGone once tegrastats has ended; a rail that this line lacks
  /// is kTryAgain.
  void read(std::span<RawReading> out) noexcept override;
  bool paces_itself() const override { return true; }

  /// Lines that could not be parsed (cut, NUL bytes).
  std::int64_t dropped_lines() const;
  TegrastatsEnvironment environment() const;

 private:
  struct State;
  explicit TegrastatsSensor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace layerwatt
