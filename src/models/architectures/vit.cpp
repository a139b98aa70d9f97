#include <fmt/format.h>

#include "models/architectures/architectures.h"
#include "models/architectures/sequence_builder.h"

namespace layerwatt::models {
namespace {

constexpr TransformerShape kBase{768, 12, 12};
constexpr std::int64_t kPatch = 16;
constexpr std::int64_t kHidden = 4;

Value encoder_layer(SequenceBuilder& builder, const Value& x, const std::string& name) {
  const std::int64_t features = x.shape[2];
  Value y = builder.layer_norm(x, name + ".ln_1");
  // torchvision keeps queries', keys' and values' weights in one tensor, "in_proj_weight".
  const std::string attention = name + ".self_attention";
  y = builder.pointwise_linear(y, attention + ".in_proj", 3 * features, "_");
  y = builder.attention(builder.split_attention(y, attention, kBase.heads), attention, false);
  y = builder.pointwise_linear(y, attention + ".out_proj", features);
  const Value middle = builder.add(x, y, name + ".add_1");
  y = builder.layer_norm(middle, name + ".ln_2");
  y = builder.pointwise_linear(y, name + ".mlp.0", kHidden * features);
  y = builder.activation(y, name + ".mlp.1", Activation::kGelu);
  y = builder.pointwise_linear(y, name + ".mlp.3", features);
  return builder.add(middle, y, name + ".add_2");
}

}  // namespace

// Dosovitskiy et al. 2020 (arXiv:2010.11929), table 1: ViT-Base on patches of 16 × 16.
Result<OnnxModel> build_vit(const Architecture& architecture, const ArchitectureOptions& options) {
  SequenceBuilder builder(architecture, options);
  const std::int64_t batch = builder.input().shape.front();
  Value x = builder.convolution(builder.input(), "conv_proj",
                                {kBase.features, kPatch, kPatch, 0, 1, true});
  const std::int64_t patches = x.shape[2] * x.shape[3];
  x = builder.reshape(x, "patches", {batch, kBase.features, patches});
  x = builder.transpose(x, "patches.transpose", {0, 2, 1});
  Value token = builder.learned("class_token", {1, 1, kBase.features});
  token = builder.repeat_over_batch(token, "class_token.expand", batch);
  x = builder.concat({token, x}, "with_class_token");
  const Value where = builder.learned("encoder.pos_embedding", {1, x.shape[1], kBase.features});
  x = builder.add(x, where, "encoder.add");
  for (std::int64_t i = 0; i < kBase.layers; ++i) {
    x = encoder_layer(builder, x, fmt::format("encoder.layers.encoder_layer_{}", i));
  }
  x = builder.layer_norm(x, "encoder.ln");
  x = builder.at_place(x, "class", 0);
  return builder.finish(builder.linear(x, "heads.head", kClasses));
}

}  // namespace layerwatt::models
