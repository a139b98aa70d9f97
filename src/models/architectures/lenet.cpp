#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {

// The variant that published measurements on Jetson boards used: two convolutions of 3 × 3 with
// maximum pooling, three linear layers, ten classes.
Result<OnnxModel> build_lenet(const Architecture& architecture,
                              const ArchitectureOptions& options) {
  GraphBuilder builder(architecture, options);
  Value x = builder.convolution(builder.input(), "conv1", {128, 3, 1, 0, 1, true});
  x = builder.activation(x, "relu1", Activation::kRelu);
  x = builder.max_pool(x, "pool1", {});
  x = builder.convolution(x, "conv2", {16, 3, 1, 0, 1, true});
  x = builder.activation(x, "relu2", Activation::kRelu);
  x = builder.max_pool(x, "pool2", {});
  x = builder.adaptive_average_pool(x, "avgpool", 6);
  x = builder.flatten(x, "flatten");
  x = builder.linear(x, "fc1", 120);
  x = builder.activation(x, "relu3", Activation::kRelu);
  x = builder.linear(x, "fc2", 84);
  x = builder.activation(x, "relu4", Activation::kRelu);
  return builder.finish(builder.linear(x, "fc3", 10));
}

}  // namespace layerwatt::models
