#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {

// Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks"
// (arXiv:1404.5997): one column, no local response normalisation.
Result<OnnxModel> build_alexnet(const Architecture& architecture,
                                const ArchitectureOptions& options) {
  GraphBuilder builder(architecture, options);
  const auto block = [&](const Value& x, int index, const Convolution& shape) {
    const Value convolved = builder.convolution(x, "features." + std::to_string(index), shape);
    return builder.activation(convolved, "features." + std::to_string(index + 1),
                              Activation::kRelu);
  };
  const Pooling pool{3, 2, 0, false};
  Value x = block(builder.input(), 0, {64, 11, 4, 2, 1, true});
  x = builder.max_pool(x, "features.2", pool);
  x = block(x, 3, {192, 5, 1, 2, 1, true});
  x = builder.max_pool(x, "features.5", pool);
  x = block(x, 6, {384, 3, 1, 1, 1, true});
  x = block(x, 8, {256, 3, 1, 1, 1, true});
  x = block(x, 10, {256, 3, 1, 1, 1, true});
  x = builder.max_pool(x, "features.12", pool);
  x = builder.adaptive_average_pool(x, "avgpool", 6);
  x = builder.flatten(x, "flatten");
  x = builder.linear(x, "classifier.1", 4096);
  x = builder.activation(x, "classifier.2", Activation::kRelu);
  x = builder.linear(x, "classifier.4", 4096);
  x = builder.activation(x, "classifier.5", Activation::kRelu);
  return builder.finish(builder.linear(x, "classifier.6", kClasses));
}

}  // namespace layerwatt::models
