#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace layerwatt {

/// One tensor of a layer, as the engine inspector's "Inputs" and "Outputs" describe it.
struct TensorInfo {
  std::string name;
  /// Outermost first; −1 where a dimension is not known.
  std::vector<std::int64_t> dimensions;
  /// "Format/Datatype" in the inspector's words ("Row major linear FP32").
  std::string format;
};

/// What a layer is, under TensorRT's key names (engine inspector, detailed). Absent is absent: a
/// pooling layer has no `groups`.
struct Layer {
  std::string name;
  /// "LayerType" of the engine ("CaskConvolution", "Conv", "Reformat").
  std::string type;
  /// "ParameterType" ("Convolution", "Pooling", "Reformat"): the engine-independent kind.
  std::string parameter_type;
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  /// Kernel of a convolution, "WindowSize" of a pooling layer: height, width.
  std::vector<std::int64_t> kernel;
  std::vector<std::int64_t> pre_padding;
  std::vector<std::int64_t> post_padding;
  std::vector<std::int64_t> stride;
  std::vector<std::int64_t> dilation;
  std::optional<std::int64_t> out_maps;
  std::optional<std::int64_t> groups;
  std::optional<std::int64_t> weight_count;
  std::optional<std::int64_t> bias_count;
  /// "MAX", "AVERAGE", … of a pooling layer.
  std::string pooling_type;
  /// "RELU", "NONE", … where an activation is fused in.
  std::string activation;
  /// Floating-point operations of one execution, a multiply-add counted as two, groups counted.
  std::optional<double> flops;
  /// Bytes that one execution must at least move: inputs, weights and outputs once.
  std::optional<double> bytes;
  /// Names of the model's own nodes that the engine fused into this layer, where it says so.
  std::vector<std::string> origins;
};

}  // namespace layerwatt
