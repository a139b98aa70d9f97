#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

/// Kinds of layers that cost alike, whatever the engine calls them.
enum class WorkKind {
  kConvolution,  ///< convolutions and matrix products, which are convolutions of one pixel
  kPooling,
  kElementwise,  ///< activations, additions, copies, changes of format: bytes alone
  kOther,        ///< normalisation, softmax, reductions, fused blocks of unknown content
  kNothing,      ///< renames a tensor; costs nothing
};

std::string_view to_string(WorkKind kind);
/// nullopt for a word that is none of the above.
std::optional<WorkKind> parse_work_kind(std::string_view text);

/// What one execution of a layer computes and moves, in numbers.
struct LayerWork {
  WorkKind kind = WorkKind::kOther;
  /// "float32", "float16", "bfloat16", "int8"; empty where nobody says.
  std::string precision;
  std::int64_t batch = 1;
  /// Channels, height, width. Of a matrix product: columns and 1, 1; its rows are `batch`.
  std::array<std::int64_t, 3> input{1, 1, 1};
  std::array<std::int64_t, 3> output{1, 1, 1};
  /// Height, width; the true window of a pooling layer.
  std::array<std::int64_t, 2> kernel{1, 1};
  std::array<std::int64_t, 2> stride{1, 1};
  /// Sum of both sides.
  std::array<std::int64_t, 2> padding{0, 0};
  std::array<std::int64_t, 2> dilation{1, 1};
  std::int64_t groups = 1;
  /// An activation, or the addition of a shortcut, is computed in passing.
  bool activation = false;
  bool residual = false;
  /// Floating-point operations, a multiply-add as two.
  double flops = 0.0;
  /// Bytes that must at least move: all inputs, all outputs, weights.
  double input_bytes = 0.0;
  double output_bytes = 0.0;
  double weight_bytes = 0.0;

  double bytes() const { return input_bytes + output_bytes + weight_bytes; }
};

/// The work of a layer as an engine or a graph describes it. kUnsupported says what is missing or
/// open: no details, a dimension that is not known, a convolution without output channels.
Result<LayerWork> layer_work(const Layer& layer);

/// FLOPs and bytes of a convolution or pooling layer from its shape, at `element_bytes` a value.
void count_work(LayerWork& work, double element_bytes);

/// Bytes of one element; 4 where the precision is empty or unknown.
double element_bytes(std::string_view precision);

}  // namespace layerwatt
