#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/training_table.h"

namespace layerwatt::analysis {

/// The published table that a layer of this type goes to: CaskConvolution, CaskPooling,
/// CaskGemmConvolution. nullopt for all others, which the published tables leave out.
std::optional<TrainingTableKind> published_table_of(std::string_view layer_type);

/// The features as the published code derives them, of the first input and output: a pooling
/// layer's kernel is the height and width of its input, whatever its window is. kUnsupported where
/// the published code ends with an exception: tensors of other than four (dense: one size for all)
/// dimensions, no stride, a window of other than two numbers.
Result<std::vector<std::int64_t>> published_features(const Layer& layer, TrainingTableKind kind);

}  // namespace layerwatt::analysis
