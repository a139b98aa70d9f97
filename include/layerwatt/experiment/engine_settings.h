#pragma once

#include "layerwatt/core/option_row.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// How an engine is asked to run a network.
struct EngineSettings {
  DataType type = DataType::kFloat32;
  /// Of EngineRow::options.
  OptionTexts options;
};

}  // namespace layerwatt
