#include "layerwatt/models/fuse_layers.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace layerwatt {
namespace {

constexpr std::array<std::string_view, 12> kActivations = {
    "Relu", "Clip", "LeakyRelu", "Sigmoid", "HardSigmoid", "HardSwish",
    "Tanh", "Elu",  "Gelu",      "PRelu",   "Selu",        "Softplus"};
constexpr std::array<std::string_view, 6> kRenaming = {"Identity", "Dropout",   "Flatten",
                                                       "Reshape",  "Unsqueeze", "Squeeze"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view type) {
  return std::ranges::find(words, type) != words.end();
}

bool multiplies(const Layer& layer) {
  return layer.type == "Conv" || layer.type == "Gemm" || layer.type == "MatMul";
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
      return fits && !has_activation(*host) ? host : nullptr;
    }
    if (layer.type != "Add" || layer.inputs.size() != 2) return nullptr;
    Layer* last = nullptr;
    for (const TensorInfo& input : layer.inputs) {
      Layer* host = only_maker(input.name);
      if (host == nullptr || !multiplies(*host)) continue;
      if (last == nullptr || host > last) last = host;
    }
    return last;
  }

  void merge(const Layer& layer, Layer& host) {
    host.name += " + " + layer.name;
    host.origins.push_back(layer.name);
    if (is_one_of(kActivations, layer.type)) host.activation = layer.type;
    for (const TensorInfo& input : layer.inputs) {
      const bool own = std::ranges::any_of(
          host.outputs, [&](const TensorInfo& output) { return output.name == input.name; });
      if (!own) host.inputs.push_back(input);
    }
    host.outputs = layer.outputs;
    note_outputs(static_cast<std::size_t>(&host - fused_.data()));
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
