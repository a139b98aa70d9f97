#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/models/onnx_model.h"

namespace layerwatt {

enum class Weights {
  kRandom,      ///< normal, scaled so that activations keep their size through the network
  kShapesOnly,  ///< shapes without values: for counting, at no cost; such a model cannot run
};

struct ArchitectureOptions {
  std::int64_t batch = 1;
  /// Of one input as input_shape_of() tells it, batch included; the architecture's own where empty.
  /// If given, `batch` is ignored.
  std::vector<std::int64_t> input_shape;
  /// The same seed gives the same bytes on every machine.
  std::uint64_t seed = 1;
  Weights weights = Weights::kRandom;
};

/// One row of the table of architectures.
struct Architecture {
  std::string_view name;
  /// The paper that it was built from.
  std::string_view source;
  /// Channels, height, width of one image; of what takes none, see `tokens`.
  std::int64_t channels = 3;
  std::int64_t height = 224;
  std::int64_t width = 224;
  /// Parameters, as published with the weights of the paper or of torchvision; what we build has
  /// exactly as many.
  std::int64_t parameters = 0;
  /// Multiply-adds of one image in 10⁹, as published with torchvision's weights; of one text of
  /// `tokens`, counted by hand from the paper's dimensions.
  double gmacs = 0.0;
  Result<OnnxModel> (*build)(const Architecture& architecture, const ArchitectureOptions& options);
  /// Of one text; 0: takes images.
  std::int64_t tokens = 0;
};

/// Every built-in architecture, in the order in which `layerwatt models` lists them.
std::span<const Architecture> architecture_table();

/// What it takes by itself: batch × channels × height × width, or batch × tokens. For `…_decode`
/// that is the number of tokens whose keys and values are there already; it computes the next one.
std::vector<std::int64_t> input_shape_of(const Architecture& architecture, std::int64_t batch);

/// nullptr where there is none of this name.
const Architecture* find_architecture(std::string_view name);

/// Builds one by name: an ONNX graph as an exporter would write it from a network in inference
/// mode. Batch normalisation stays a node of its own (engines fold it into the convolution before
/// it), so that parameters count as published. kInvalidArgument: no such name (the nearest is
/// suggested), or an input shape that does not fit.
Result<OnnxModel> build_architecture(std::string_view name,
                                     const ArchitectureOptions& options = {});

}  // namespace layerwatt
