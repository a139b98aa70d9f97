#pragma once

#include <string>
#include <vector>

#include "layerwatt/models/onnx_model.h"

namespace layerwatt {

/// Names for nodes that run unfused, as the published profiler of PyTorch modules gives them: the
/// module's class and its place ("Conv2d_0", "ReLU_1"). An operator that is no module there keeps
/// its own name ("Flatten_20"). Constants, which are not run, count for nothing.
std::vector<std::string> module_names(const std::vector<ModelNode>& nodes);

}  // namespace layerwatt
