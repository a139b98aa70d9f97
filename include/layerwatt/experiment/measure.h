#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/experiment/prepared_network.h"
#include "layerwatt/experiment/recorder.h"
#include "layerwatt/experiment/runner.h"

namespace layerwatt {

/// A measurement of one network: what runs, how, and what measures its power.
struct MeasureOptions {
  NetworkRequest network;
  RunPlan plan;
  std::filesystem::path result_dir = "raw_data";
  /// Rails, pace and priority of the recorder; its `output` and `duration` are not used.
  RecorderOptions recorder;
  /// Name of a virtual board ("orin-nano"): no sensor is read; the power is what that board's
  /// sensor would have shown for this run, and labelled so everywhere. Empty: the machine's own
  /// sensors.
  std::string virtual_board;
  /// Idle time recorded before and after the run. Absent: five time constants of the slowest
  /// sensor, at least 1 s.
  std::optional<Duration> idle_lead;
  /// The `layerwatt` command that records.
  std::filesystem::path recorder_command = "/proc/self/exe";
  /// Written to the run's configuration, where the engine has such settings.
  std::optional<std::int64_t> optimization_level;
  std::optional<std::int64_t> min_block_size;
};

/// What came of it.
struct Measurement {
  /// Where the raw dataset of this run is.
  std::filesystem::path folder;
  std::string model;
  /// Why the run is partial, in a sentence; empty for a whole one.
  std::string partial_reason;
  RunOutcome outcome;
  /// As read back from the folder.
  Recording recording;
  /// The layers' power by the method that suits the schedule; absent where there is none to tell.
  std::optional<LayerProfile> profile;
  /// What a person must know, each a sentence.
  std::vector<std::string> notes;
};

/// Follows a measurement.
class MeasureObserver : public RunObserver {
 public:
  /// A step worth a line ("recording VDD_IN every 1 ms"), without an end of line.
  virtual void said(std::string_view /*what*/) {}
};

/// Runs the network while a process of its own records power, with idle time before and after, and
/// writes the raw dataset of design section 5.1 to `<result_dir>/<model>/`.
///
/// Whatever can fail without a long wait fails first: sensors, model, folder. From then on what was
/// recorded is kept: cancellation, a sensor that vanishes and a full disk give a partial
/// measurement, not an error. `cancellation` is also requested from within where the recorder ends
/// early. Errors: those of prepare_network(), select_rails(), RecorderProcess::start(); kCancelled
/// where nothing had run yet; kIo where the dataset cannot be written, which names the folder that
/// holds the recording.
Result<Measurement> measure_network(Engine& engine, const MeasureOptions& options,
                                    Cancellation& cancellation, MeasureObserver& observer);

}  // namespace layerwatt
