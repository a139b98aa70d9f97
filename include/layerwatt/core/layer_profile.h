#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// An estimate with the interval that holds the truth with the probability
/// LayerProfile::confidence. No interval where the method gives none (`window`, `nearest`).
template <class Q>
struct Estimate {
  Q value;
  std::optional<Q> low;
  std::optional<Q> high;
};

/// Whether a layer's power could be told.
enum class LayerStatus {
  kResolved,  ///< told apart from its neighbours
  kMerged,  ///< only the sum with others of the same `group` could be told; the layer's part of it
            ///< is the likeliest, and may be far off
  kUnresolved,  ///< not known; LayerProfileRow::reason says why
};

std::string_view to_string(LayerStatus status);

/// Run times of the executions of one layer.
struct RunTimeStats {
  std::int64_t count = 0;
  Duration median{0};
  Duration mean{0};
  Duration p95{0};
};

/// Median and 95th percentile as NumPy gives them (linear between ranks). All 0 for no durations.
RunTimeStats run_time_stats(std::span<const Duration> durations);

struct LayerProfileRow {
  Layer layer;
  RunTimeStats run_time;
  /// Samples that the method attributed to the layer, for `window` and `nearest`.
  std::optional<std::int64_t> sample_count;
  /// Mean power while the layer runs, above idle power. Absent: not known, never 0.
  std::optional<Estimate<Watts>> power;
  /// Energy of one execution above idle: power times mean run time.
  std::optional<Estimate<Joules>> energy;
  /// Part of the energy of all layers, 0 to 1; absent where the energy is.
  std::optional<double> share;
  LayerStatus status = LayerStatus::kUnresolved;
  /// Why it is merged, unresolved or shrunk, in a sentence for people; empty for a plain estimate.
  std::string reason;
  /// Rows with the same number were merged; −1 outside a group.
  int group = -1;
  /// True where the estimate was pulled towards the layers of its type.
  bool shrunk = false;
  /// Power of an immediate repeat (warm caches), where the data could tell it from the first
  /// execution.
  std::optional<Estimate<Watts>> repeat_power;
  /// Run times of the layer running alone (`isolated`), where that was measured too.
  std::optional<RunTimeStats> isolated_run_time;
  std::optional<Estimate<Joules>> isolated_energy;
  /// What the published method `window` says of the same layer, shown beside the estimate.
  std::optional<Watts> window_power;
};

/// How well the data could tell layers apart.
struct Identifiability {
  std::optional<double> condition_number;
  /// Per layer, in the order of the rows; empty where the method has none.
  std::vector<double> variance_inflation;
  /// Half-widths of the Cramér–Rao bound at the profile's confidence, per layer, in watts.
  std::vector<double> cramer_rao_half_width;
  /// Change of each layer's power for 10 µs more lag, in watts.
  std::vector<double> lag_sensitivity;
  /// Advice that follows from what could not be told, each a sentence ("use --schedule weighing").
  std::vector<std::string> advice;
};

/// The result of an attribution: what each layer costs, and how sure that is.
struct LayerProfile {
  std::string model;
  /// "window", "nearest" or "solve".
  std::string method;
  /// The rail or sum of rails that the powers are of ("VDD_IN").
  std::string rail;
  /// True if the power was synthesised.
  bool is_virtual = false;
  /// True if the recording was stopped before its end.
  bool is_partial = false;
  Schedule schedule = Schedule::kWhole;
  StampSource stamps = StampSource::kUnknown;
  std::int64_t passes = 0;
  std::int64_t samples = 0;
  double confidence = 0.95;
  std::vector<LayerProfileRow> rows;
  /// What the board draws when nothing runs.
  std::optional<Estimate<Watts>> idle_power;
  /// Power above idle between layers and passes (launches, copies, the runner itself).
  std::optional<Estimate<Watts>> gap_power;
  /// Time between the layers of a pass, mean over the passes whose layers were recorded.
  std::optional<Duration> gap_time;
  /// One pass above idle power: the energies of the layers, and gap_power times gap_time. Of passes
  /// whose layers were recorded (under a profiler, where the run had one); under `isolated` and
  /// `weighing` put together of layers that ran apart.
  std::optional<Estimate<Joules>> pass_energy;
  /// Mean run time of the same: the mean run times of the layers, and gap_time. Of profiles without
  /// power the mean of whole passes.
  std::optional<Duration> pass_time;
  /// Passes of the same recording that ran without a layer profiler: above idle power, and means.
  /// Never to be set against layers, which ran under it. Absent where there are none.
  std::optional<Estimate<Joules>> plain_pass_energy;
  std::optional<Duration> plain_pass_time;
  /// (layers + gaps + idle) / ∫ power dt − 1. Necessary, nearly blind: never sold as accuracy.
  std::optional<double> sum_check;
  /// The sensor's model as used: declared values, and those estimated from the data.
  std::optional<SensorModel> sensor;
  /// What the sensor was found to be, where nobody declared it or the declaration was checked.
  std::optional<SensorFinding> sensor_finding;
  std::optional<Identifiability> identifiability;
  /// What a reader must know (stamps repacked, passes dropped, settings contradicted), each a
  /// sentence.
  std::vector<std::string> notes;
};

/// How often what a whole profile calls a pass runs each layer: once the one that ran most often,
/// others in proportion. A layer behind an `If` runs in some passes; of the regions of a program
/// some run once and others in a loop, and a pass is then one round of the loop. 1 for schedules
/// that run layers apart.
std::vector<double> runs_per_pass(const LayerProfile& profile);

/// pass_energy and idle power over pass_time; absent where one of them is.
std::optional<Joules> pass_energy_with_idle(const LayerProfile& profile);

/// Whether an estimate says little more than that there is something: half of its interval is more
/// than half of its value. Such a number is shown with its interval or not at all.
template <class Q>
bool is_vague(const Estimate<Q>& estimate) {
  if (!estimate.low || !estimate.high) return false;
  return *estimate.high - *estimate.low > estimate.value;
}

}  // namespace layerwatt
