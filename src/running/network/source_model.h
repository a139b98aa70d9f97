#pragma once

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/models/onnx_model.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/prepared_network.h"

namespace layerwatt {

/// Ways round what an engine cannot do with a model as it is.
struct SourceOptions {
  /// Leave dimensions open that the file leaves open: the tensors alone tell them.
  bool keep_open = false;
  /// Turn bfloat16 into float32.
  bool widen_bfloat16 = false;
};

struct SourceModel {
  OnnxModel model;
  /// Whether shapes were written into it that the file has otherwise, or leaves open.
  bool reshaped = false;
  /// Whether there was bfloat16 in it to be turned into float32.
  bool widened = false;
};

/// The model that was asked for, before any engine has seen it: loaded or built, its weights real,
/// its shapes fixed. Sets the network's name, path, parameter count, shapes and uses of inputs, and
/// notes. Errors: those of prepare_network() that do not come from an engine.
Result<SourceModel> load_source_model(const NetworkRequest& request, PreparedNetwork& network,
                                      const SourceOptions& options = {});

/// Converts its floating-point tensors; what could not be converted goes to the notes.
Result<void> convert_source_model(OnnxModel& model, DataType type, PreparedNetwork& network);

}  // namespace layerwatt
