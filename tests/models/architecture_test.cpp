#include "layerwatt/models/architecture.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

class EveryArchitecture : public testing::TestWithParam<Architecture> {};

TEST_P(EveryArchitecture, HasThePublishedNumberOfParameters) {
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  const Result<OnnxModel> model = build_architecture(GetParam().name, options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->parameter_count(), GetParam().parameters);
}

TEST_P(EveryArchitecture, StatesTheShapeThatInferenceFinds) {
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  options.batch = 2;
  Result<OnnxModel> model = build_architecture(GetParam().name, options);
  ASSERT_TRUE(model) << model.error().to_string();
  const std::vector<std::int64_t> stated = model->outputs().at(0).dimensions;
  EXPECT_EQ(stated.at(0), 2);
  const auto set = model->set_batch(2);
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(model->outputs().at(0).dimensions, stated);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryArchitecture, testing::ValuesIn(architecture_table()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(BuildArchitecture, GivesAValidModelWithRandomWeights) {
  for (const std::string_view name : {"lenet", "mobilenet_v2"}) {
    const Result<OnnxModel> model = build_architecture(name);
    ASSERT_TRUE(model) << model.error().to_string();
    const auto valid = model->validate();
    EXPECT_TRUE(valid) << valid.error().to_string();
  }
}

TEST(BuildArchitecture, GivesTheSameBytesForTheSameSeed) {
  const auto bytes = [](std::uint64_t seed) {
    ArchitectureOptions options;
    options.seed = seed;
    return build_architecture("lenet", options)->serialise().value();
  };
  EXPECT_EQ(bytes(7), bytes(7));
  EXPECT_NE(bytes(7), bytes(8));
}

TEST(BuildArchitecture, GivesTheSameBytesOnEveryMachine) {
  // FNV-1a over the whole file: running statistics of batch normalisation come from a quadrature,
  // whose last bits differ between mathematics libraries, and must not show.
  const auto hash_of = [](std::string_view name) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    const std::vector<std::byte> bytes = build_architecture(name)->serialise().value();
    for (const std::byte byte : bytes) {
      hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001B3U;
    }
    return hash;
  };
  EXPECT_EQ(hash_of("lenet"), 9536513772397452211U);
  EXPECT_EQ(hash_of("mobilenet_v2"), 12240545646404976713U);
}

TEST(BuildArchitecture, TakesAnotherInputShape) {
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  options.input_shape = {3, 3, 96, 128};
  const Result<OnnxModel> model = build_architecture("resnet18", options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->inputs().at(0).dimensions, (std::vector<std::int64_t>{3, 3, 96, 128}));
  EXPECT_EQ(model->outputs().at(0).dimensions, (std::vector<std::int64_t>{3, 1000}));
}

TEST(BuildArchitecture, ADecoderComputesOneTokenBehindThoseThatAreThere) {
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  options.input_shape = {2, 300};
  const Result<OnnxModel> model = build_architecture("gpt2_decode", options);
  ASSERT_TRUE(model) << model.error().to_string();
  const std::vector<ModelTensor> inputs = model->inputs();
  ASSERT_EQ(inputs.size(), 25U);  // the token, keys and values of 12 layers
  EXPECT_EQ(inputs[0].name, "input_ids");
  EXPECT_EQ(inputs[0].dimensions, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(inputs[1].name, "past_key_values.0.key");
  EXPECT_EQ(inputs[1].dimensions, (std::vector<std::int64_t>{2, 12, 300, 64}));
  const std::vector<ModelTensor> outputs = model->outputs();
  ASSERT_EQ(outputs.size(), 25U);
  EXPECT_EQ(outputs[0].dimensions, (std::vector<std::int64_t>{2, 1, 50257}));
  EXPECT_EQ(outputs[24].name, "present.11.value");
  EXPECT_EQ(outputs[24].dimensions, (std::vector<std::int64_t>{2, 12, 301, 64}));
}

TEST(BuildArchitecture, RefusesATextThatIsTooLong) {
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  options.input_shape = {1, 1025};
  const Result<OnnxModel> prefill = build_architecture("gpt2", options);
  ASSERT_FALSE(prefill);
  EXPECT_NE(prefill.error().message().find("knows 1024 places, and 1025 are asked for"),
            std::string::npos)
      << prefill.error().message();
  options.input_shape = {1, 1024};  // one more follows
  EXPECT_FALSE(build_architecture("gpt2_decode", options));
  EXPECT_TRUE(build_architecture("gpt2", options));
  options.input_shape = {1, 3, 224, 224};
  const Result<OnnxModel> image = build_architecture("bert_base", options);
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message().find("texts of batch × tokens"), std::string::npos);
}

TEST(BuildArchitecture, RefusesAnInputShapeThatDoesNotFit) {
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  options.input_shape = {1, 3, 30, 30};
  EXPECT_EQ(build_architecture("alexnet", options).error().code(), ErrorCode::kInvalidArgument);
  options.input_shape = {1, 1, 224, 224};
  EXPECT_EQ(build_architecture("alexnet", options).error().code(), ErrorCode::kInvalidArgument);
  options.input_shape = {1, 3, 256, 256};
  EXPECT_NE(build_architecture("vgg11", options).error().message().find("multiple of 7"),
            std::string::npos);
}

TEST(BuildArchitecture, SuggestsTheNearestNameForAnUnknownOne) {
  const Result<OnnxModel> model = build_architecture("mobilnet-v2");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(model.error().message().find("mobilenet_v2"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
