#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/models/onnx_model.h"

namespace layerwatt {

enum class FloatType { kFloat32, kFloat16, kBFloat16 };

/// "float32", "float16", "bfloat16"; kInvalidArgument for anything else.
Result<FloatType> parse_float_type(std::string_view text);
std::string_view to_string(FloatType type);

/// What was lost on the way.
struct ConversionReport {
  /// Weights beyond the range of the type, set to its largest value.
  std::int64_t clipped_weights = 0;
  /// Weights other than zero that became zero.
  std::int64_t vanished_weights = 0;
  std::int64_t converted_weights = 0;
  /// Nodes that stay in float32 between casts, since ONNX defines their operator for no such type.
  std::vector<std::string> float32_nodes;
};

/// Turns float32 weights, inputs and outputs into `type`; integer tensors, shapes and other types
/// stay. Weights are rounded to the nearest. An operator without a definition for `type` stays in
/// float32, with Cast nodes where it meets others. For bfloat16 that is every operator: weights,
/// inputs and outputs are rounded and stored in it, and computed with in float32. kUnsupported
/// names an operator for which that cannot be done: one with subgraphs, or of a set that is not
/// known here. The model is then as it was.
Result<ConversionReport> convert_model(OnnxModel& model, FloatType type);

/// Turns all that is bfloat16 into float32, subgraphs, inputs and outputs included; every value
/// stays what it was. False where the model has no bfloat16, and is as it was.
bool widen_bfloat16(OnnxModel& model);

}  // namespace layerwatt
