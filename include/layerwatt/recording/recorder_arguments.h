#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/option_row.h"
#include "layerwatt/core/result.h"
#include "layerwatt/recording/recorder_options.h"

namespace layerwatt {

/// One option of the recorder, as it is typed and as it travels to the recorder's process.
struct RecorderOption {
  OptionRow row;
  /// May be given several times.
  bool repeats = false;
  /// Has a meaning for `layerwatt record` alone; who measures fills it by itself.
  bool of_record_alone = false;
  /// Precondition: row.refuse(text) says nothing against it.
  void (*take)(std::string_view text, RecorderOptions& options) = nullptr;
  /// The texts that take() would be given; none where the option is not set.
  std::vector<std::string> (*tell)(const RecorderOptions& options) = nullptr;
};

/// All of them, in the order of the help. Options that rows of the sensor table bring along
/// (SensorKind::options) come beside them.
std::span<const RecorderOption> recorder_options();

/// The arguments of `layerwatt record` that stand for `options`.
std::vector<std::string> recorder_arguments(const RecorderOptions& options);

}  // namespace layerwatt
