#include "layerwatt/models/input_uses.h"

#include <gmock/gmock.h>

#include "models/tiny_graph.h"

namespace layerwatt {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
constexpr auto kInt64 = onnx::TensorProto::INT64;

/// A branch on whether `sr` is 16000, inside of which `i` looks into a table.
models::TinyGraph branching() {
  models::TinyGraph graph;
  graph.input("x", {1, 4}).input("sr", {}, kInt64).input("i", {1}, kInt64).integers("k", {16000});
  graph.weight("table", {6, 4});
  graph.node("Equal", {"sr", "k"}, {"is"}).node("If", {"is"}, {"z"}, "", "gate").output("z");
  onnx::AttributeProto& attribute =
      *graph.proto().mutable_graph()->mutable_node(1)->add_attribute();
  attribute.set_name("then_branch");
  attribute.set_type(onnx::AttributeProto::GRAPH);
  onnx::NodeProto& gather = *attribute.mutable_g()->add_node();
  gather.set_op_type("Gather");
  for (const char* name : {"table", "i"}) gather.add_input(name);
  gather.add_output("t");
  attribute.mutable_g()->add_output()->set_name("t");
  return graph;
}

TEST(InputUses, TellsWhichInputDecidesABranch) {
  const auto uses = find_input_uses(branching().parse());
  ASSERT_THAT(uses, SizeIs(2));
  EXPECT_EQ(uses[0].input, "sr");
  EXPECT_EQ(uses[0].decides, "gate");
  EXPECT_EQ(uses[0].decides_type, "If");
  // The number that it is compared with.
  ASSERT_TRUE(uses[0].range);
  EXPECT_EQ(uses[0].range->low, 16000);
  EXPECT_EQ(uses[0].range->high, 16000);
}

TEST(InputUses, LooksIntoBranchesForIndices) {
  const auto uses = find_input_uses(branching().parse());
  ASSERT_THAT(uses, SizeIs(2));
  EXPECT_EQ(uses[1].input, "i");
  EXPECT_EQ(uses[1].decides, "");
  ASSERT_TRUE(uses[1].range);
  EXPECT_EQ(uses[1].range->low, 0);
  EXPECT_EQ(uses[1].range->high, 5);
}

TEST(InputUses, WhatDependsOnAShapeAloneIsNotDecidedByValues) {
  models::TinyGraph graph;
  graph.input("x", {1, 4}).integers("k", {1}).node("Shape", {"x"}, {"s"});
  graph.node("ReduceMin", {"s"}, {"m"}).node("Equal", {"m", "k"}, {"is"});
  graph.node("If", {"is"}, {"z"}, "", "gate").output("z");
  EXPECT_THAT(find_input_uses(graph.parse()), IsEmpty());
}

TEST(InputUses, IndicesKeepTheirBoundsThroughCastsAndReshapes) {
  models::TinyGraph graph;
  graph.input("i", {4}, onnx::TensorProto::INT32).weight("table", {2, 3}).integers("to", {2, 2});
  graph.node("Cast", {"i"}, {"c"}).attribute("to", kInt64);
  graph.node("Reshape", {"c", "to"}, {"r"}).node("Gather", {"table", "r"}, {"y"}).output("y");
  const auto uses = find_input_uses(graph.parse());
  ASSERT_THAT(uses, SizeIs(1));
  ASSERT_TRUE(uses[0].range);
  EXPECT_EQ(uses[0].range->high, 1);
}

TEST(InputUses, AllIndicesOfAnInputAreWithinTheSmallestTable) {
  models::TinyGraph graph;
  graph.input("i", {4}, kInt64).weight("large", {50, 3}).weight("small", {3, 3});
  graph.node("Gather", {"large", "i"}, {"a"}).node("Gather", {"small", "i"}, {"b"});
  graph.node("Add", {"a", "b"}, {"y"}).output("y");
  const auto uses = find_input_uses(graph.parse());
  ASSERT_THAT(uses, SizeIs(1));
  EXPECT_EQ(uses[0].range->high, 2);
}

TEST(InputUses, RegionsBelongToAnImageOfTheBatch) {
  models::TinyGraph graph;
  graph.input("x", {2, 8, 32, 32}).input("rois", {3, 4}).input("of", {3}, kInt64);
  graph.node("RoiAlign", {"x", "rois", "of"}, {"y"}).output("y");
  const auto uses = find_input_uses(graph.parse());
  ASSERT_THAT(uses, SizeIs(1));
  EXPECT_EQ(uses[0].input, "of");
  EXPECT_EQ(uses[0].range->high, 1);
}

TEST(InputUses, LengthsOfSequencesAreTheWholeLength) {
  models::TinyGraph graph;
  graph.input("x", {12, 1, 4}).input("lengths", {1}, onnx::TensorProto::INT32);
  graph.weight("w", {1, 8, 4}).weight("r", {1, 8, 2});
  graph.node("LSTM", {"x", "w", "r", "", "lengths"}, {"y"}).attribute("hidden_size", 2);
  graph.output("y");
  const auto uses = find_input_uses(graph.parse());
  ASSERT_THAT(uses, SizeIs(1));
  EXPECT_EQ(uses[0].range->low, 12);
  EXPECT_EQ(uses[0].range->high, 12);
}

}  // namespace
}  // namespace layerwatt
