#include "layerwatt/models/segments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "layerwatt/models/architecture.h"

#include "models/tiny_graph.h"

namespace layerwatt {
namespace {

using models::TinyGraph;
using testing::ElementsAre;
using testing::HasSubstr;

/// x → a (Relu) → b (Add x) → y (Mul weight), and a branch: a → c (Abs), an output of its own.
TinyGraph branches() {
  TinyGraph graph;
  graph.input("x", {1, 4}).weight("w", {4});
  graph.node("Relu", {"x"}, {"a"}, "", "relu").node("Add", {"a", "x"}, {"b"}, "", "add");
  graph.node("Mul", {"b", "w"}, {"y"}, "", "mul").node("Abs", {"a"}, {"c"}, "", "abs");
  return graph.output("y").output("c");
}

std::vector<std::string> names_of(const CutModel& cut) {
  std::vector<std::string> names;
  for (const ModelSegment& segment : cut.segments) names.push_back(segment.name);
  return names;
}

TEST(CutSegments, MakesEveryNodeAModelOfItsOwn) {
  const OnnxModel whole = branches().parse();
  const Result<CutModel> cut = cut_segments(whole);
  ASSERT_TRUE(cut) << cut.error().to_string();
  EXPECT_THAT(names_of(*cut), ElementsAre("relu", "add", "mul", "abs"));
  EXPECT_THAT(cut->segments[1].inputs, ElementsAre("a", "x"));
  EXPECT_THAT(cut->segments[1].outputs, ElementsAre("b"));
  EXPECT_THAT(cut->segments[2].inputs, ElementsAre("b"));
  EXPECT_EQ(cut->segments[2].model.parameter_count(), 4);
  EXPECT_THAT(cut->segments[2].model.inputs()[0].dimensions, ElementsAre(1, 4));
  EXPECT_EQ(cut->segments[2].model.outputs()[0].type, "float");
  for (const ModelSegment& segment : cut->segments) {
    const auto valid = segment.model.validate();
    EXPECT_TRUE(valid) << segment.name << ": " << valid.error().to_string();
  }
}

TEST(CutSegments, TellsWhereEachActivationComesFrom) {
  const Result<CutModel> cut = cut_segments(branches().parse());
  ASSERT_TRUE(cut);
  std::vector<std::string> feeds;
  for (const SegmentFeed& feed : cut->feeds) {
    feeds.push_back(feed.activation + ": " + (feed.from ? std::to_string(*feed.from) : "in") +
                    " to " + std::to_string(feed.to));
  }
  EXPECT_THAT(feeds,
              ElementsAre("x: in to 0", "a: 0 to 1", "x: in to 1", "b: 1 to 2", "a: 0 to 3"));
}

TEST(CutSegments, KeepsGroupsTogether) {
  CutOptions options;
  options.groups = {{"relu + add", {"add", "relu"}}};
  const Result<CutModel> cut = cut_segments(branches().parse(), options);
  ASSERT_TRUE(cut) << cut.error().to_string();
  EXPECT_THAT(names_of(*cut), ElementsAre("relu + add", "mul", "abs"));
  EXPECT_THAT(cut->segments[0].inputs, ElementsAre("x"));
  EXPECT_THAT(cut->segments[0].outputs, ElementsAre("a", "b"));
  EXPECT_THAT(cut->segments[0].nodes, ElementsAre("relu", "add"));
}

TEST(CutSegments, RefusesAGroupThatAnotherNodeWouldHaveToInterrupt) {
  CutOptions options;
  options.groups = {{"ends", {"relu", "mul"}}};
  const Result<CutModel> cut = cut_segments(branches().parse(), options);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(cut.error().message(), HasSubstr("cannot run as one"));
}

TEST(CutSegments, RefusesGroupsThatOverlapOrNameNothing) {
  CutOptions options;
  options.groups = {{"one", {"relu"}}, {"two", {"relu", "add"}}};
  EXPECT_THAT(cut_segments(branches().parse(), options).error().message(), HasSubstr("'relu'"));
  options.groups = {{"one", {"nothing"}}};
  EXPECT_THAT(cut_segments(branches().parse(), options).error().message(), HasSubstr("'nothing'"));
}

TEST(CutSegments, CopiesNodesThatDependOnWeightsAlone) {
  TinyGraph graph;
  graph.input("x", {1, 4}).weight("w", {4}).node("Exp", {"w"}, {"e"}, "", "exp");
  graph.node("Mul", {"x", "e"}, {"m"}, "", "mul").node("Add", {"m", "e"}, {"y"}, "", "add");
  const Result<CutModel> cut = cut_segments(graph.output("y").parse());
  ASSERT_TRUE(cut);
  EXPECT_THAT(names_of(*cut), ElementsAre("mul", "add"));
  ASSERT_EQ(cut->left_out.size(), 1U);
  EXPECT_EQ(cut->left_out[0].name, "exp");
  EXPECT_EQ(cut->segments[1].model.nodes().size(), 2U);
  EXPECT_THAT(cut->segments[1].inputs, ElementsAre("m"));
}

TEST(CutSegments, NamesALayerWhoseTypesAreUnknown) {
  TinyGraph graph;
  graph.opset("com.example", 1).input("x", {1}).node("Mystery", {"x"}, {"m"}, "com.example", "odd");
  const OnnxModel model = graph.node("Relu", {"m"}, {"y"}, "", "relu").output("y").parse();
  const Result<CutModel> cut = cut_segments(model);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(cut.error().message(), HasSubstr("'odd'"));

  const TensorShapes shapes = {{"m", {7}}};
  const std::map<std::string, std::string, std::less<>> types = {{"m", "float"}};
  CutOptions options;
  options.known_shapes = &shapes;
  options.known_types = &types;
  const Result<CutModel> known = cut_segments(model, options);
  ASSERT_TRUE(known) << known.error().to_string();
  EXPECT_THAT(known->segments[1].model.inputs()[0].dimensions, ElementsAre(7));
}

TEST(CutSegments, CutsWholeNetworksWithoutALooseEnd) {
  for (const Architecture& architecture : architecture_table()) {
    ArchitectureOptions build;
    build.weights = Weights::kShapesOnly;
    const OnnxModel whole = *build_architecture(architecture.name, build);
    const Result<CutModel> cut = cut_segments(whole);
    ASSERT_TRUE(cut) << cut.error().to_string();
    EXPECT_EQ(cut->segments.size() + cut->left_out.size(), whole.nodes().size());
    std::set<std::string> made;
    for (const ModelTensor& input : whole.inputs()) made.insert(input.name);
    for (const ModelSegment& segment : cut->segments) {
      for (const std::string& input : segment.inputs) {
        EXPECT_TRUE(made.contains(input)) << architecture.name << ' ' << segment.name;
      }
      made.insert(segment.outputs.begin(), segment.outputs.end());
      EXPECT_FALSE(segment.outputs.empty()) << segment.name;
    }
    EXPECT_TRUE(made.contains("output"));
  }
}

}  // namespace
}  // namespace layerwatt
