#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// What one rail shows now. Absent: the rail has no such value, or it could not be read.
struct PresentReading {
  std::string rail;
  std::optional<Volts> voltage;
  std::optional<Amperes> current;
  std::optional<Watts> power;
  /// Why there is no value, for people; empty where there is one.
  std::string problem;
};

/// Reads all rails of a board that can be read, for people who want to look.
class PresentReader {
 public:
  /// Opens what there is. A sensor that cannot be opened has its rails in each reading, with the
  /// reason.
  static PresentReader open(const SystemRoot& root, const Board& board);

  PresentReader(PresentReader&&) noexcept;
  PresentReader& operator=(PresentReader&&) noexcept;
  ~PresentReader();

  /// In the order in which the board lists them. A counter's power is the mean since the last call;
  /// the first call waits a tenth of a second for it where there is one.
  std::vector<PresentReading> read();

 private:
  struct State;
  explicit PresentReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The power of a total, where all its rails have one.
std::optional<Watts> power_of(const Total& total, const std::vector<PresentReading>& readings);

}  // namespace layerwatt
