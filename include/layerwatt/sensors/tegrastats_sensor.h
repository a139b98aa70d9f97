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
  /// Empty: found on PATH. "-": not started; the lines of one that runs come through `input`.
  std::filesystem::path program;
  /// A pipe, what "-" stands for. Its end and its silence are told apart from one another.
  int input = 0;
  /// What is asked for. A line with rails takes 10 to 28 ms on real boards, whatever was asked.
  std::chrono::milliseconds interval{20};
  /// Rails by name; empty for all that the first line has. Names that no line has are an error.
  std::vector<std::string> rails;
  /// How long the first line may take.
  std::chrono::milliseconds first_line_timeout{5000};
  /// A reading without a line for so long (or ten intervals) is lost; a tegrastats that printed
  /// nothing for `silence` (or twenty intervals) is gone.
  std::chrono::milliseconds patience{1000};
  std::chrono::milliseconds silence{10'000};
  /// A file to write every line to that was read, each behind its arrival in seconds of
  /// CLOCK_MONOTONIC and "::", as read_tegrastats_log() takes it; empty: nowhere.
  std::filesystem::path log = {};
};

/// Program and interval as they were typed for the sensor's row (SystemRoot::options).
TegrastatsOptions tegrastats_options(const SystemRoot& root);

/// A number of a line that is no power, as the published layer statistics average it.
struct TegrastatsField {
  std::string_view name;
  /// "MB", "%", "MHz" or "°C".
  std::string_view unit;
  double value = 0.0;
};

/// All of them, each name once: RAM, SWAP and IRAM in use; CPU: mean load of the cores that are
/// on-line; engines by name ("EMC_FREQ"): load, or the first clock where there is no load;
/// temperatures by name. Views into `line`'s text.
std::vector<TegrastatsField> fields_of(const TegrastatsLine& line);

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
/// ours and ends with this object (SIGTERM; `tegrastats --stop` would stop other programs' too), or
/// another's, piped into us: what waited in the pipe was measured long ago and is skipped.
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
  /// preceded it: the sampling lies somewhere between. Of lines that came together all begin at the
  /// arrival of the one before them. kTryAgain when no line comes in time, kGone
  /// once tegrastats has ended or was silent for too long (TegrastatsOptions); a rail that this
  /// line lacks is kTryAgain.
  void read(std::span<Reading> out) noexcept override;
  bool paces_itself() const override { return true; }
  std::string_view why_gone() const override;

  /// Lines that could not be parsed (cut, NUL bytes).
  std::int64_t dropped_lines() const;
  TegrastatsEnvironment environment() const;
  /// Names of the fields of the last line.
  std::vector<std::string> field_names() const;

 private:
  struct State;
  explicit TegrastatsSensor(std::unique_ptr<State> state);
  static Result<std::unique_ptr<State>> begin(const TegrastatsOptions& options);
  static Result<std::unique_ptr<TegrastatsSensor>> learn_rails(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace layerwatt
