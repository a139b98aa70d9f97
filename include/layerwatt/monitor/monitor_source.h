#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// A board with its sensors open, ready to be monitored.
struct MonitorSource {
  Board board;
  std::vector<std::unique_ptr<Sensor>> sensors;
  /// Names of the rails that add up to the board's total; empty: none is known.
  std::vector<std::string> total;
  /// Why these, or why none.
  std::string why;
};

/// Opens it; asked again whenever rails have vanished, and then answers those that are there.
using OpenSource = std::function<Result<MonitorSource>()>;

/// Which rails are monitored.
struct RailChoice {
  SystemRoot root;
  /// A row of the sensor table, where rails of others should not be used; empty: any.
  std::string sensor;
  /// Rails by name; empty: all that can be read.
  std::vector<std::string> rails;
};

/// Finds the board below `choice.root` and opens its sensors. The total is the board's, or the
/// rails named. kNotFound with advice where nothing can be read.
Result<MonitorSource> open_machine(const RailChoice& choice);

}  // namespace layerwatt
