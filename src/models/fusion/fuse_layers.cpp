#include "layerwatt/models/fuse_layers.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace layerwatt {
namespace {

/// The type of a layer of several point-wise operators.
constexpr std::string_view kPointWise = "PointWise";
constexpr std::array<std::string_view, 12> kActivations = {
    "Relu", "Clip", "LeakyRelu", "Sigmoid", "HardSigmoid", "HardSwish",
    "Tanh", "Elu",  "Gelu",      "PRelu",   "Selu",        "Softplus"};
/// What else a point-wise kernel takes in beside activations.
constexpr std::array<std::string_view, 7> kArithmetic = {"Add", "Sub", "Mul", "Div",
                                                         "Erf", "Pow", "Sqrt"};
constexpr std::array<std::string_view, 6> kRenaming = {"Identity", "Dropout",   "Flatten",
                                                       "Reshape",  "Unsqueeze", "Squeeze"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view type) {
  return std::ranges::find(words, type) != words.end();
}

bool multiplies(const Layer& layer) {
  return layer.type == "Conv" || layer.type == "Gemm" || layer.type == "MatMul";
}

bool is_pointwise(const Layer& layer) {
  return layer.type == kPointWise || is_one_of(kActivations, layer.type) ||
         is_one_of(kArithmetic, layer.type);
}

/// Of one result value a layer: what a point-wise kernel works on.
bool same_shape(const Layer& a, const Layer& b) {
  return !a.outputs.empty() && !b.outputs.empty() &&
         a.outputs[0].dimensions == b.outputs[0].dimensions;
}

/// Convolutions of 1×1 that one kernel can compute together.
bool is_parallel(const Layer& a, const Layer& b) {
  const auto single = [](const Layer& layer) {
    return layer.type == "Conv" && layer.groups.value_or(1) == 1 && layer.inputs.size() == 1 &&
           layer.outputs.size() == 1 && layer.outputs[0].dimensions.size() == 4 && layer.out_maps &&
           std::ranges::all_of(layer.kernel, [](std::int64_t extent) { return extent == 1; });
  };
  return single(a) && single(b) && a.inputs[0].name == b.inputs[0].name && a.stride == b.stride &&
         a.pre_padding == b.pre_padding && a.post_padding == b.post_padding &&
         a.activation == b.activation;
}

bool has_activation(const Layer& layer) {
  return !layer.activation.empty() && layer.activation != "NONE";
}

class Fuser {
 public:
  explicit Fuser(const std::vector<Layer>& layers) {
    for (const Layer& layer : layers) {
      if (is_one_of(kRenaming, layer.type) && !layer.inputs.empty() && !layer.outputs.empty()) {
        renamed_[layer.outputs[0].name] = original(layer.inputs[0].name);
        continue;
      }
      kept_.push_back(layer);
      for (TensorInfo& input : kept_.back().inputs) input.name = original(input.name);
      kept_.back().origins = {layer.name};
    }
    for (const Layer& layer : kept_) {
      for (const TensorInfo& input : layer.inputs) ++uses_[input.name];
    }
  }

  std::vector<Layer> fuse() {
    for (Layer& layer : kept_) {
      Layer* host = host_of(layer);
      if (host != nullptr) {
        merge(layer, *host);
      } else {
        fused_.push_back(std::move(layer));
        note_outputs(fused_.size() - 1);
      }
    }
    merge_parallel();
    drop_joined();
    return std::move(fused_);
  }

 private:
  std::string original(const std::string& name) const {
    const auto found = renamed_.find(name);
    return found == renamed_.end() ? name : found->second;
  }

  void note_outputs(std::size_t index) {
    for (const TensorInfo& output : fused_[index].outputs) made_by_[output.name] = index;
  }

  /// The layer that makes `tensor`, if nothing else uses it.
  Layer* only_maker(const std::string& tensor) {
    const auto made = made_by_.find(tensor);
    if (made == made_by_.end() || uses_[tensor] != 1) return nullptr;
    return &fused_[made->second];
  }

  /// The layer that takes this one in; the last of two for an addition, since the other operand
  /// must be there by then.
  Layer* host_of(const Layer& layer) {
    if (layer.inputs.empty() || layer.outputs.empty()) return nullptr;
    if (layer.type == "BatchNormalization" || is_one_of(kActivations, layer.type)) {
      Layer* host = only_maker(layer.inputs[0].name);
      const bool fits = host != nullptr && (multiplies(*host) || host->type == "Add");
      if (fits && !has_activation(*host)) return host;
    }
    Layer* last = layer.type == "Add" && layer.inputs.size() == 2 ? last_product(layer) : nullptr;
    return last != nullptr ? last : pointwise_host(layer);
  }

  /// The convolution or matrix product whose result is added to something else.
  Layer* last_product(const Layer& layer) {
    Layer* last = nullptr;
    for (const TensorInfo& input : layer.inputs) {
      Layer* host = only_maker(input.name);
      if (host == nullptr || !multiplies(*host)) continue;
      if (last == nullptr || host > last) last = host;
    }
    return last;
  }

  /// The point-wise layer of the same shape that goes on with this one; the last of several.
  Layer* pointwise_host(const Layer& layer) {
    if (!is_pointwise(layer)) return nullptr;
    Layer* last = nullptr;
    for (const TensorInfo& input : layer.inputs) {
      Layer* host = only_maker(input.name);
      if (host == nullptr || !is_pointwise(*host) || !same_shape(*host, layer)) continue;
      if (last == nullptr || host > last) last = host;
    }
    return last;
  }

  void merge(const Layer& layer, Layer& host) {
    host.name += " + " + layer.name;
    host.origins.push_back(layer.name);
    const bool goes_with_it = is_one_of(kActivations, layer.type) && !is_pointwise_alone(host);
    if (goes_with_it) {
      host.activation = layer.type;
    } else if (is_pointwise(host)) {
      host.type = kPointWise;
    }
    if (host.flops && layer.flops) *host.flops += *layer.flops;
    for (const TensorInfo& input : layer.inputs) {
      const auto same = [&](const TensorInfo& tensor) { return tensor.name == input.name; };
      const bool known =
          std::ranges::any_of(host.outputs, same) || std::ranges::any_of(host.inputs, same);
      if (!known) host.inputs.push_back(input);
    }
    host.outputs = layer.outputs;
    note_outputs(static_cast<std::size_t>(&host - fused_.data()));
  }

  /// A point-wise layer other than an addition, which keeps its name with an activation.
  static bool is_pointwise_alone(const Layer& layer) {
    return is_pointwise(layer) && layer.type != "Add";
  }

  /// Convolutions of 1×1 of the same input become one, where the first stands; its outputs are
  /// theirs one after the other.
  void merge_parallel() {
    std::vector<Layer> merged;
    for (Layer& layer : fused_) {
      const auto twin = std::ranges::find_if(
          merged, [&](const Layer& before) { return is_parallel(before, layer); });
      if (twin == merged.end()) {
        merged.push_back(std::move(layer));
        continue;
      }
      twin->name += " || " + layer.name;
      twin->origins.insert(twin->origins.end(), layer.origins.begin(), layer.origins.end());
      *twin->out_maps += *layer.out_maps;
      twin->outputs[0].dimensions[1] += layer.outputs[0].dimensions[1];
      const auto add = [](auto& sum, const auto& more) {
        if (sum && more) *sum += *more;
      };
      add(twin->weight_count, layer.weight_count);
      add(twin->bias_count, layer.bias_count);
      add(twin->flops, layer.flops);
    }
    fused_ = std::move(merged);
  }

  /// A concatenation costs nothing where its parts are used by nothing else: each is written to its
  /// place at once.
  void drop_joined() {
    std::erase_if(fused_, [&](const Layer& layer) {
      return layer.type == "Concat" && std::ranges::all_of(layer.inputs, [&](const auto& input) {
               return made_by_.contains(input.name) && uses_[input.name] == 1;
             });
    });
  }

  std::map<std::string, std::string> renamed_;
  std::vector<Layer> kept_;
  std::map<std::string, int> uses_;
  std::vector<Layer> fused_;
  std::map<std::string, std::size_t> made_by_;
};

}  // namespace

std::vector<Layer> fuse_layers(const std::vector<Layer>& layers) { return Fuser(layers).fuse(); }

}  // namespace layerwatt
