#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "layerwatt/models/architecture.h"

#include "models/architectures/activation_statistics.h"
#include "models/onnx/onnx_model.h"

namespace layerwatt::models {

/// A tensor under construction: batch, channels, height, width; batch and features; or batch, place
/// and features.
struct Value {
  std::string name;
  std::vector<std::int64_t> shape;
  Moments moments;

  std::int64_t channels() const { return shape[1]; }
};

struct Convolution {
  std::int64_t channels = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t groups = 1;
  bool bias = false;
};

/// A square convolution that keeps the size of the image at stride 1. Precondition: odd kernel.
constexpr Convolution same_convolution(std::int64_t channels, std::int64_t kernel = 1,
                                       std::int64_t stride = 1, std::int64_t groups = 1) {
  return {channels, kernel, stride, (kernel - 1) / 2, groups, false};
}

struct Pooling {
  std::int64_t kernel = 2;
  std::int64_t stride = 2;
  std::int64_t padding = 0;
  /// Round the size of the output up.
  bool ceil = false;
};

/// Writes one network as an ONNX graph (operator set 12, which Ubuntu 22.04's libonnx knows), node
/// by node, with shapes and random weights. Layer names are torchvision's, or of texts those of the
/// published weights, so that weights are called as in a state_dict(). The first mistake in shapes
/// is kept and returned by finish().
class GraphBuilder {
 public:
  GraphBuilder(const Architecture& architecture, const ArchitectureOptions& options);

  Value input() const { return input_; }

  Value convolution(const Value& x, const std::string& name, const Convolution& shape);
  /// `scale` is the size of the result: below 1 at the end of a residual branch.
  Value batch_norm(const Value& x, const std::string& name, double scale = 1.0,
                   float epsilon = 1e-5F);
  /// Over the last dimension, written out as exporters do below operator set 17.
  Value layer_norm(const Value& x, const std::string& name, float epsilon = 1e-6F);
  Value linear(const Value& x, const std::string& name, std::int64_t features);
  /// Over the last dimension of a tensor of any rank: a matrix product and an addition. `joint`
  /// stands between the name and "weight".
  Value pointwise_linear(const Value& x, const std::string& name, std::int64_t features,
                         std::string_view joint = ".");
  Value activation(const Value& x, const std::string& name, Activation kind);

  Value max_pool(const Value& x, const std::string& name, const Pooling& shape);
  Value average_pool(const Value& x, const std::string& name, const Pooling& shape);
  Value global_average_pool(const Value& x, const std::string& name);
  /// To size × size, where that divides the image; an image of that size passes as it is.
  Value adaptive_average_pool(const Value& x, const std::string& name, std::int64_t size);
  Value flatten(const Value& x, const std::string& name);

  Value add(const Value& a, const Value& b, const std::string& name);
  /// `b` may be one value a channel.
  Value multiply(const Value& a, const Value& b, const std::string& name);
  Value concat(const std::vector<Value>& parts, const std::string& name, std::size_t axis = 1);
  std::vector<Value> split_channels(const Value& x, const std::string& name);
  /// Zhang et al. 2018, "ShuffleNet", in two groups.
  Value shuffle_channels(const Value& x, const std::string& name);
  Value transpose(const Value& x, const std::string& name, std::vector<std::int64_t> order);
  /// Times one learned factor a channel, all near `size`.
  Value channel_scale(const Value& x, const std::string& name, double size);

  /// One more result of the network beside that of finish().
  void also_output(const Value& value, const std::string& name) {
    other_outputs_.emplace_back(value, name);
  }
  Result<OnnxModel> finish(const Value& output);

 protected:
  onnx::NodeProto& node(std::string_view type, const std::string& name,
                        std::initializer_list<std::string> inputs);
  Value result(const onnx::NodeProto& node, std::vector<std::int64_t> shape, Moments moments) const;
  onnx::TensorProto& weight(const std::string& name, std::vector<std::int64_t> dimensions);
  /// Name of a Constant node's output.
  std::string constant(float value);
  std::string constant_shape(const std::string& name, const std::vector<std::int64_t>& values);
  /// The same, of any tensor; one of this name that is there already is taken.
  std::string constant_tensor(std::string name, onnx::TensorProto tensor);
  /// One more input; `shape` whole.
  Value add_input(const std::string& name, std::vector<std::int64_t> shape,
                  std::int32_t type = onnx::TensorProto::FLOAT);
  /// Keeps the first mistake.
  void fail(std::string message);
  const std::string& label() const { return proto_->label; }
  bool is_random() const { return options_.weights == Weights::kRandom; }
  std::uint64_t seed() const { return options_.seed; }

 private:
  void name_output(const Value& value, const std::string& name);
  Value pool(std::string_view type, const Value& x, const std::string& name, const Pooling& shape);
  std::int64_t window_size(std::int64_t in, const std::string& name, const Pooling& shape);
  void fail_on_image(const std::string& name, std::string_view why);

  ArchitectureOptions options_;
  std::unique_ptr<OnnxModel::Proto> proto_;
  Value input_;
  std::unordered_set<std::string> constants_;
  std::vector<std::pair<Value, std::string>> other_outputs_;
  std::optional<Error> error_;
};

}  // namespace layerwatt::models
