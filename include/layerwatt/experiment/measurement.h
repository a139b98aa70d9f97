#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/running/run_observer.h"
#include "layerwatt/running/run_outcome.h"

namespace layerwatt {

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
  /// What `solve` says of it; also in the folder.
  LayerProfile profile;
  /// What a person must know, each a sentence.
  std::vector<std::string> notes;
};

/// Follows a measurement.
class MeasureObserver : public RunObserver {
 public:
  /// A step worth a line ("recording VDD_IN every 1 ms"), without an end of line.
  virtual void said(std::string_view /*what*/) {}
};

}  // namespace layerwatt
