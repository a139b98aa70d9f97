#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/tensorrt.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/prepared_network.h"

namespace layerwatt {

/// Whether `model` names a serialised engine (".engine", ".plan", ".trt") rather than a network.
bool is_serialised_engine(std::string_view model);

/// Sets name and path of a network whose engine exists already. kNotFound where the file is not
/// there; kInvalidArgument for input shapes, which an engine has fixed.
Result<void> name_serialised_engine(const NetworkRequest& request, PreparedNetwork& network);

/// The ONNX bytes that TensorRT is to build an engine of, with the network's name and inputs (their
/// shapes, without data). Up to TensorRT 10 types are the builder's to choose, and the model stays
/// as it is; from 11 on it is converted. kInvalidArgument for kInt8 without QuantizeLinear nodes.
Result<std::vector<std::byte>> load_tensorrt_model(const NetworkRequest& request,
                                                   const TensorRtVersion& version,
                                                   PreparedNetwork& network);

/// "NVIDIA Jetson Orin NX, tegra-host": tells machines apart that share a cache.
std::string machine_identity();

}  // namespace layerwatt
