#include "layerwatt/models/input_shapes.h"

#include <gmock/gmock.h>

#include "models/tiny_graph.h"

namespace layerwatt {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Shape = std::vector<std::int64_t>;

ModelTensor tensor(std::string name, Shape dimensions, std::vector<std::string> names = {},
                   std::string type = "float") {
  names.resize(dimensions.size());
  return {std::move(name), std::move(type), std::move(dimensions), std::move(names)};
}

/// As in networks that listen: samples, their rate, and a state.
std::vector<ModelTensor> listener() {
  return {tensor("x", {-1, 64}, {"n", ""}), tensor("sr", {}, {}, "int64"),
          tensor("state", {-1, 64}, {"n", ""})};
}

std::string refusal(const std::vector<ModelTensor>& inputs, const GivenShapes& given) {
  const auto shapes = resolve_input_shapes(inputs, given);
  if (shapes) return "not refused";
  EXPECT_EQ(shapes.error().code(), ErrorCode::kInvalidArgument);
  return shapes.error().message();
}

TEST(InputShapes, ScalarsMayBeLeftOutOfAListOrHaveAWord) {
  for (const auto& list : {std::vector<Shape>{{4, 64}, {4, 64}},
                           std::vector<Shape>{{4, 64}, {}, {4, 64}}, std::vector<Shape>{{4, 64}}}) {
    const auto resolved = resolve_input_shapes(listener(), {list, {}});
    ASSERT_TRUE(resolved) << resolved.error().to_string();
    EXPECT_THAT(resolved->shapes.at("x"), ElementsAre(4, 64));
    EXPECT_THAT(resolved->shapes.at("sr"), IsEmpty());
    EXPECT_THAT(resolved->shapes.at("state"), ElementsAre(4, 64));
    EXPECT_THAT(resolved->notes, IsEmpty());
  }
}

TEST(InputShapes, ADimensionOfTheSameNameFollowsAGivenOne) {
  const auto resolved = resolve_input_shapes(listener(), {{}, {{"state", {7, 64}}}});
  ASSERT_TRUE(resolved) << resolved.error().to_string();
  EXPECT_THAT(resolved->shapes.at("x"), ElementsAre(7, 64));
}

TEST(InputShapes, AShapeInTheScalarsPlaceIsAnsweredWithBothWaysOut) {
  EXPECT_THAT(refusal(listener(), {{{4, 64}, {1}, {4, 64}}, {}}),
              AllOf(HasSubstr("'sr' is a scalar"), HasSubstr("leave it out"), HasSubstr("'scalar'"),
                    HasSubstr("--input x=")));
  EXPECT_THAT(refusal(listener(), {{{4, 64}, {4, 64}, {4, 64}, {4, 64}}, {}}),
              HasSubstr("'x' float n × 64, 'sr' int64 a scalar"));
  EXPECT_THAT(refusal(listener(), {{}, {{"xs", {4, 64}}}}), HasSubstr("did you mean 'x'?"));
  EXPECT_THAT(refusal(listener(), {{}, {{"x", {4, 64, 1}}}}),
              HasSubstr("'x' has 2 dimensions (n × 64), not 3"));
}

TEST(InputShapes, TheBatchIsOneWithoutAWord) {
  for (const char* name : {"batch", "N", "", "DynamicDimension.0", "unk__12"}) {
    const auto resolved =
        resolve_input_shapes({tensor("x", {-1, 3, 224, 224}, {name, "", "", ""})}, {});
    ASSERT_TRUE(resolved) << name;
    EXPECT_THAT(resolved->shapes.at("x"), ElementsAre(1, 3, 224, 224));
    EXPECT_THAT(resolved->notes, IsEmpty());
  }
  // A batch in another place, told by its name, or by that of another input's first dimension.
  const auto state = resolve_input_shapes(
      {tensor("x", {-1, 8}, {"s0", ""}), tensor("h", {2, -1, 8}, {"", "s0", ""}),
       tensor("c", {2, -1, 8}, {"", "batch_size", ""}), tensor("d", {2, -1, 8}, {"", "N", ""})},
      {});
  ASSERT_TRUE(state) << state.error().to_string();
  EXPECT_THAT(state->shapes.at("h"), ElementsAre(2, 1, 8));
  EXPECT_THAT(state->shapes.at("c"), ElementsAre(2, 1, 8));
  EXPECT_THAT(state->shapes.at("d"), ElementsAre(2, 1, 8));
}

TEST(InputShapes, AnyOtherOpenDimensionIsAskedForWithTheOptionToGive) {
  EXPECT_THAT(
      refusal({tensor("x", {-1, 3, -1, -1}, {"batch", "", "height", "width"})}, {}),
      AllOf(HasSubstr("batch × 3 × height × width"), HasSubstr("--input-shape 1 3 224 224")));
  EXPECT_THAT(refusal({tensor("x", {-1, -1})}, {}), HasSubstr("? × ?"));
  EXPECT_THAT(refusal({tensor("ids", {-1, -1}, {"batch", "sequence"}, "int64"),
                       tensor("mask", {-1, -1}, {"batch", "sequence"}, "int64")},
                      {}),
              AllOf(HasSubstr("'ids' (batch × sequence) and 'mask'"),
                    HasSubstr("--input ids=1x128 --input mask=1x128")));
  // Its first dimension is a length, not a batch.
  EXPECT_THAT(refusal({tensor("x", {-1, 1, 80}, {"seq_len", "", ""})}, {}),
              HasSubstr("--input-shape 128 1 80"));
  // The N of audio: beside a batch it is a length.
  EXPECT_THAT(refusal({tensor("waveforms", {-1, -1}, {"batch_size", "N"}),
                       tensor("waveforms_lens", {-1}, {"batch_size"}, "int64")},
                      {}),
              HasSubstr("'waveforms' (batch_size × N)"));
  EXPECT_THAT(refusal({tensor("x", {-1, -1}, {"", "N"})}, {}), HasSubstr("--input-shape 1 128"));
  EXPECT_THAT(refusal({tensor("audio", {-1}, {"samples"})}, {}), HasSubstr("--input audio=128"));
  ModelTensor unranked = tensor("x", {});
  unranked.is_ranked = false;
  EXPECT_THAT(refusal({unranked}, {}), HasSubstr("how many dimensions"));
}

TEST(InputShapes, AnOnlyDimensionThatMayBeABatchIsToldAsAssumed) {
  const auto resolved = resolve_input_shapes({tensor("k", {-1}, {"regions"})}, {});
  ASSERT_TRUE(resolved) << resolved.error().to_string();
  EXPECT_THAT(resolved->shapes.at("k"), ElementsAre(1));
  EXPECT_THAT(resolved->notes, ElementsAre(HasSubstr("--input k=SIZE")));
}

TEST(InputShapes, ShapesOfSeveralInputsNeedToFitOnlyTogether) {
  models::TinyGraph graph;
  graph.input("a", {2, 3}).input("b", {3, 4}).node("MatMul", {"a", "b"}, {"y"}).output("y");
  OnnxModel model = graph.parse();
  ASSERT_TRUE(model.set_input_shapes({{"a", {2, 5}}, {"b", {5, 4}}}));
  EXPECT_THAT(model.outputs()[0].dimensions, ElementsAre(2, 4));
  EXPECT_FALSE(model.set_input_shapes({{"a", {2, 6}}}));
  EXPECT_THAT(model.inputs()[0].dimensions, ElementsAre(2, 5));
}

TEST(InputShapes, ModelsTellTheNamesOfOpenDimensions) {
  models::TinyGraph graph;
  graph.input("x", {-1, 3}).input("k", {}).node("Add", {"x", "k"}, {"y"}).output("y");
  const auto inputs = graph.parse().inputs();
  EXPECT_THAT(inputs[0].dimension_names, ElementsAre("N", ""));
  EXPECT_EQ(describe_dimensions(inputs[0]), "N × 3");
  EXPECT_EQ(describe_dimensions(inputs[1]), "of unknown shape");
  EXPECT_EQ(describe_dimensions(tensor("k", {})), "a scalar");
}

}  // namespace
}  // namespace layerwatt
