#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "layerwatt/models/onnx_model.h"

#include "models/onnx/node_attributes.h"

namespace layerwatt {

/// What an OnnxModel holds, for the sources of this floor.
struct OnnxModel::Proto {
  onnx::ModelProto model;
  std::string label;
};

}  // namespace layerwatt
