#include <fmt/format.h>

#include "models/architectures/architectures.h"
#include "models/architectures/sequence_builder.h"

namespace layerwatt::models {
namespace {

constexpr TransformerShape kSmall{768, 12, 12};
constexpr std::int64_t kWords = 50257;
constexpr std::int64_t kPlaces = 1024;
constexpr float kEpsilon = 1e-5F;

/// Appends keys or values of the new tokens to those of the earlier ones, where there are any, and
/// hands all of them out for the next token.
Value remember(SequenceBuilder& builder, const Value& fresh, const std::string& what,
               std::int64_t earlier) {
  Value all = fresh;
  if (earlier > 0) {
    std::vector<std::int64_t> shape = fresh.shape;
    shape[2] = earlier;
    const Value past = builder.add_input("past_key_values." + what, shape);
    all = builder.concat({past, fresh}, what + ".append", 2);
  }
  builder.also_output(all, "present." + what);
  return all;
}

Value block(SequenceBuilder& builder, const Value& x, std::int64_t index, std::int64_t earlier) {
  const std::string name = fmt::format("h.{}", index);
  const std::int64_t features = x.shape[2];
  Value y = builder.layer_norm(x, name + ".ln_1", kEpsilon);
  y = builder.pointwise_linear(y, name + ".attn.c_attn", 3 * features);
  AttentionInputs inputs = builder.split_attention(y, name + ".attn", kSmall.heads);
  inputs.keys = remember(builder, inputs.keys, fmt::format("{}.key", index), earlier);
  inputs.values = remember(builder, inputs.values, fmt::format("{}.value", index), earlier);
  y = builder.attention(inputs, name + ".attn", true);
  y = builder.pointwise_linear(y, name + ".attn.c_proj", features);
  const Value middle = builder.add(x, y, name + ".add_1");
  y = builder.layer_norm(middle, name + ".ln_2", kEpsilon);
  y = builder.pointwise_linear(y, name + ".mlp.c_fc", 4 * features);
  y = builder.activation(y, name + ".mlp.act", Activation::kGeluTanh);
  y = builder.pointwise_linear(y, name + ".mlp.c_proj", features);
  return builder.add(middle, y, name + ".add_2");
}

}  // namespace

// Radford et al. 2019: GPT-2 of 124 million parameters. `gpt2` reads a text at once (prefill);
// `gpt2_decode` computes one more token behind a text whose keys and values are handed in.
Result<OnnxModel> build_gpt2(const Architecture& architecture, const ArchitectureOptions& options) {
  SequenceBuilder builder(architecture, options);
  const bool decodes = architecture.name == "gpt2_decode";
  const std::int64_t asked = builder.input().shape[1];
  const std::int64_t earlier = decodes ? asked : 0;
  const std::int64_t fresh = decodes ? 1 : asked;
  const Value tokens = builder.token_input(fresh);
  Value x = builder.embedding(tokens, "wte", kWords, kSmall.features);
  const Value where = builder.places("wpe", kPlaces, kSmall.features, earlier, fresh);
  x = builder.add(x, where, "embeddings.add");
  for (std::int64_t i = 0; i < kSmall.layers; ++i) x = block(builder, x, i, earlier);
  x = builder.layer_norm(x, "ln_f", kEpsilon);
  // The last layer's weights are the embedding's.
  return builder.finish(builder.scores_of_table(x, "wte.weight", kWords, "lm_head"));
}

}  // namespace layerwatt::models
