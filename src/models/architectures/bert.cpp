#include <fmt/format.h>

#include "models/architectures/architectures.h"
#include "models/architectures/sequence_builder.h"

namespace layerwatt::models {
namespace {

constexpr TransformerShape kBase{768, 12, 12};
constexpr std::int64_t kWords = 30522;
constexpr std::int64_t kPlaces = 512;
constexpr std::int64_t kTypes = 2;
constexpr float kEpsilon = 1e-12F;

Value encoder_layer(SequenceBuilder& builder, const Value& x, const std::string& name) {
  const std::int64_t features = x.shape[2];
  const std::string self = name + ".attention.self";
  AttentionInputs inputs;
  const auto heads_of = [&](const std::string& part) {
    const Value all = builder.pointwise_linear(x, self + "." + part, features);
    return builder.split_heads(all, self + "." + part, kBase.heads);
  };
  inputs.queries = heads_of("query");
  inputs.keys = heads_of("key");
  inputs.values = heads_of("value");
  Value y = builder.attention(inputs, self, false);
  y = builder.pointwise_linear(y, name + ".attention.output.dense", features);
  y = builder.add(x, y, name + ".attention.output.add");
  const Value middle = builder.layer_norm(y, name + ".attention.output.LayerNorm", kEpsilon);
  y = builder.pointwise_linear(middle, name + ".intermediate.dense", 4 * features);
  y = builder.activation(y, name + ".intermediate.act", Activation::kGelu);
  y = builder.pointwise_linear(y, name + ".output.dense", features);
  y = builder.add(middle, y, name + ".output.add");
  return builder.layer_norm(y, name + ".output.LayerNorm", kEpsilon);
}

}  // namespace

// Devlin et al. 2018 (arXiv:1810.04805): BERT-Base, uncased, on texts that fill their length, so
// that no mask is needed. Results: what the pooler makes of the first token, and all tokens'
// features.
Result<OnnxModel> build_bert(const Architecture& architecture, const ArchitectureOptions& options) {
  SequenceBuilder builder(architecture, options);
  const std::vector<std::int64_t> shape = builder.input().shape;
  const Value tokens = builder.token_input(shape[1]);
  const Value types = builder.number_input("token_type_ids", shape);
  const std::string embeddings = "embeddings.";
  Value x = builder.embedding(tokens, embeddings + "word_embeddings", kWords, kBase.features);
  const Value kind =
      builder.embedding(types, embeddings + "token_type_embeddings", kTypes, kBase.features);
  x = builder.add(x, kind, embeddings + "add_type");
  const Value where =
      builder.places(embeddings + "position_embeddings", kPlaces, kBase.features, 0, shape[1]);
  x = builder.add(x, where, embeddings + "add_position");
  x = builder.layer_norm(x, embeddings + "LayerNorm", kEpsilon);
  for (std::int64_t i = 0; i < kBase.layers; ++i) {
    x = encoder_layer(builder, x, fmt::format("encoder.layer.{}", i));
  }
  builder.also_output(x, "last_hidden_state");
  const Value first = builder.at_place(x, "pooler.first", 0);
  const Value dense = builder.linear(first, "pooler.dense", kBase.features);
  return builder.finish(builder.tanh(dense, "pooler.activation"));
}

}  // namespace layerwatt::models
