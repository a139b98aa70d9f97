#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/architectures/graph_builder.h"

namespace layerwatt::models {

/// Sizes of a transformer's blocks.
struct TransformerShape {
  std::int64_t features = 768;
  std::int64_t heads = 12;
  std::int64_t layers = 12;
};

/// Queries, keys and values of all heads: batch × heads × places × features of a head.
struct AttentionInputs {
  Value queries;
  Value keys;
  Value values;
};

/// What transformers add to a GraphBuilder: sequences of batch × places × features.
class SequenceBuilder : public GraphBuilder {
 public:
  using GraphBuilder::GraphBuilder;

  /// The input of a network of texts: numbers of tokens, batch × `tokens`.
  Value token_input(std::int64_t tokens);
  /// A further input of such numbers ("token_type_ids").
  Value number_input(const std::string& name, std::vector<std::int64_t> shape);
  using GraphBuilder::add_input;

  /// Parameters as they are: a class token, embeddings of places.
  Value learned(const std::string& name, std::vector<std::int64_t> shape);
  /// Rows of a table of `rows` × `features`, one a number.
  Value embedding(const Value& numbers, const std::string& name, std::int64_t rows,
                  std::int64_t features);
  /// Rows first … first + count − 1 of such a table, which all texts of a batch share.
  Value places(const std::string& name, std::int64_t rows, std::int64_t features,
               std::int64_t first, std::int64_t count);
  /// Repeats a tensor of batch 1.
  Value repeat_over_batch(const Value& x, const std::string& name, std::int64_t batch);
  Value reshape(const Value& x, const std::string& name, std::vector<std::int64_t> shape);
  Value tanh(const Value& x, const std::string& name);
  /// The features at one place: batch × features.
  Value at_place(const Value& x, const std::string& name, std::int64_t place);

  /// batch × places × features, cut into heads: batch × heads × places × features of a head.
  Value split_heads(const Value& x, const std::string& name, std::int64_t heads);
  /// Of one tensor that holds queries, keys and values one behind the other.
  AttentionInputs split_attention(const Value& x, const std::string& name, std::int64_t heads);
  /// softmax(Q·Kᵀ / √d)·V (Vaswani et al. 2017, arXiv:1706.03762, 3.2.1), heads put together again.
  /// `causal`: a place looks at none behind it.
  Value attention(const AttentionInputs& inputs, const std::string& name, bool causal);
  /// x · tableᵀ: scores of all rows of an embedding's table.
  Value scores_of_table(const Value& x, const std::string& table, std::int64_t rows,
                        const std::string& name);

 private:
  Value matrix_product(const Value& a, const Value& b, const std::string& name, Moments moments);
  std::string constant_numbers(const std::string& name, std::vector<std::int64_t> numbers,
                               bool is_scalar);
  std::string causal_mask(std::int64_t places);
};

}  // namespace layerwatt::models
