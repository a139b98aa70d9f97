#pragma once

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/experiment/measurement.h"
#include "layerwatt/running/prepared_network.h"
#include "layerwatt/running/run_network.h"

#include "experiment/measure/recorded_run.h"

namespace layerwatt {

/// What runs the network of a measurement: an engine that is called pass by pass, or a program of
/// its own that runs all passes.
class NetworkDriver {
 public:
  virtual ~NetworkDriver() = default;

  /// Whether the driver keeps the network idle before its first pass by itself, because it cannot
  /// wait when it is told that a phase begins.
  virtual bool keeps_idle() const { return false; }
  /// Whether the network's layers can be run one by one (schedules other than `whole`).
  virtual bool runs_layers() const { return false; }
  /// Whether it is a network at all, whose layers somebody may want to know.
  virtual bool is_network() const { return true; }
  /// All that is long and not recorded.
  virtual Result<PreparedNetwork> prepare() = 0;
  /// Passes. `idle`: how long to keep idle before the first, with keeps_idle().
  virtual Result<RunOutcome> run(const PreparedNetwork& network, const RunPlan& plan, Duration idle,
                                 RunConductor& conductor) = 0;
};

/// measure_network() with whatever drives the network.
Result<Measurement> measure_with(NetworkDriver& driver, const MeasureOptions& options,
                                 Cancellation& cancellation, MeasureObserver& observer);

}  // namespace layerwatt
