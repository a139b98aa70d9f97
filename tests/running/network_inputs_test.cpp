#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "layerwatt/running/input_value.h"
#include "layerwatt/running/prepare_network.h"
#include "layerwatt/running/run_network.h"

#include "dataset/temporary_folder.h"
#include "engines/onnxruntime_test_engine.h"
#include "engines/tiny_onnx.h"

namespace layerwatt {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::TinyModel;

constexpr std::int32_t kInt64 = 7;
constexpr std::int32_t kBFloat16 = 16;

template <class T>
std::vector<T> values(const Tensor& tensor) {
  std::vector<T> out(tensor.data.size() / sizeof(T));
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

/// Three regions of one image.
TinyModel regions() {
  TinyModel model;
  model.nodes = {{"RoiAlign",
                  "roi",
                  {"x", "rois", "of"},
                  {"y"},
                  {{"output_height", {5}}, {"output_width", {5}}},
                  ""}};
  model.inputs = {{"x", {1, 2, 16, 16}}, {"rois", {3, 4}}, {"of", {3}, kInt64}};
  model.outputs = {{"y", {3, 2, 5, 5}}};
  return model;
}

/// A branch on whether `sr` is 0 or not: each wants another length of `x`, as the networks do that
/// detect speech at two rates.
TinyModel two_rates() {
  TinyModel model;
  model.nodes = {{"Cast", "cast", {"sr"}, {"is"}, {{"to", {9}}}, ""},
                 {"If",
                  "gate",
                  {"is"},
                  {"z"},
                  {{"then_branch", {}, {{"MatMul", "long", {"x", "w64"}, {"t"}, {}, ""}}},
                   {"else_branch", {}, {{"MatMul", "short", {"x", "w32"}, {"e"}, {}, ""}}}},
                  ""},
                 {"Relu", "relu", {"z"}, {"y"}, {}, ""}};
  model.weights = {{"w64", {64, 4}, std::vector<float>(256, 0.5F)},
                   {"w32", {32, 4}, std::vector<float>(128, 0.5F)}};
  model.inputs = {{"x", {-1, -1}, 1, {"batch", "samples"}}, {"sr", {}, kInt64}};
  model.outputs = {{"y", {-1, 4}}};
  return model;
}

class NetworkInputs : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_ = testing::onnxruntime_or_null();
    if (HasFailure()) FAIL();
    if (!engine_) GTEST_SKIP() << "ONNX Runtime is not on this machine";
  }

  NetworkRequest request_for(const TinyModel& model) {
    const auto bytes = testing::serialise(model);
    const auto path = folder_.write(
        "model.onnx", std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    NetworkRequest request;
    request.model = path.string();
    request.threads = 1;
    return request;
  }
  void give(NetworkRequest& request, const std::vector<std::string>& words) {
    auto values = read_input_values(words);
    ASSERT_TRUE(values) << values.error().to_string();
    request.input_values = *std::move(values);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(NetworkInputs, IndicesAreWithinWhatTheyPointInto) {
  const auto network = prepare_network(*engine_, request_for(regions()));
  ASSERT_TRUE(network) << network.error().to_string();
  EXPECT_THAT(values<std::int64_t>(network->inputs.at(2)), Each(0));
  EXPECT_THAT(network->notes, Contains(AllOf(HasSubstr("'of' (int64, 3)"), HasSubstr("the value 0"),
                                             HasSubstr("--input-data of=FILE"))));
}

TEST_F(NetworkInputs, ANumberIsGivenToAllElements) {
  NetworkRequest request = request_for(regions());
  give(request, {"of=0", "rois=2.5"});
  const auto network = prepare_network(*engine_, request);
  ASSERT_TRUE(network) << network.error().to_string();
  EXPECT_THAT(values<std::int64_t>(network->inputs.at(2)), ElementsAre(0, 0, 0));
  EXPECT_THAT(values<float>(network->inputs.at(1)), Each(2.5F));
  EXPECT_THAT(network->notes, Not(Contains(HasSubstr("--input-data"))));
}

TEST_F(NetworkInputs, WhatTheNetworkDoesNotAcceptIsBlamedOnRandomIntegers) {
  // Depths of a one-hot vector must be positive, which no rule here knows.
  TinyModel model;
  model.nodes = {{"Range", "range", {"from", "to", "by"}, {"y"}, {}, ""}};
  model.inputs = {{"from", {}, kInt64}, {"to", {}, kInt64}, {"by", {}, kInt64}};
  model.outputs = {{"y", {-1}, kInt64}};
  NetworkRequest request = request_for(model);
  give(request, {"by=0", "from=0"});
  const auto network = prepare_network(*engine_, request);
  ASSERT_FALSE(network);
  EXPECT_THAT(network.error().message(),
              AllOf(HasSubstr("'to'"), HasSubstr("--input-data to=FILE"), Not(HasSubstr("'by'"))));
}

TEST_F(NetworkInputs, ABranchThatARandomValueDecidesIsTold) {
  NetworkRequest request = request_for(two_rates());
  request.input_shapes.by_name = {{"x", {1, 64}}};
  give(request, {"sr=1"});
  const auto given = prepare_network(*engine_, request);
  ASSERT_TRUE(given) << given.error().to_string();
  EXPECT_THAT(given->notes, Not(Contains(HasSubstr("decides"))));
  EXPECT_THAT(values<std::int64_t>(given->inputs.at(1)), ElementsAre(1));

  request.input_values.clear();
  request.seed = 3;
  const auto random = prepare_network(*engine_, request);
  if (!random) return;  // 0 was drawn, and the other branch wants another length
  EXPECT_THAT(random->notes,
              Contains(AllOf(HasSubstr("'sr' (int64, a scalar)"), HasSubstr("which branch"),
                             HasSubstr("'gate' (If)"), HasSubstr("--input-data sr=VALUE"))));
}

TEST_F(NetworkInputs, WhereShapesDoNotFitBothBranchesTheInputsAloneTellThem) {
  NetworkRequest request = request_for(two_rates());
  request.input_shapes.in_order = {{1, 64}};
  give(request, {"sr=1"});
  const auto network = prepare_network(*engine_, request);
  ASSERT_TRUE(network) << network.error().to_string();
  EXPECT_THAT(network->inputs.at(0).dimensions, ElementsAre(1, 64));
  EXPECT_THAT(network->notes, Contains(HasSubstr("shapes that the inputs alone tell")));
  ASSERT_EQ(network->layers.size(), 3U);
  for (const Schedule schedule : {Schedule::kWhole, Schedule::kIsolated}) {
    RunPlan plan;
    plan.schedule = schedule;
    plan.runs = 2;
    plan.warmup = 0;
    const Cancellation never;
    RunObserver observer;
    const auto outcome = run_network(*engine_, *network, plan, never, observer);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_EQ(outcome->latencies.size(), 2U);
  }
}

TEST_F(NetworkInputs, AnImageOfUnknownSizeIsRefusedWithTheOptionToGive) {
  TinyModel model;
  model.nodes = {{"Relu", "relu", {"x"}, {"y"}, {}, ""}};
  model.inputs = {{"x", {-1, 3, -1, -1}, 1, {"batch", "height", "width"}}};
  model.outputs = {{"y", {-1, 3, -1, -1}}};
  NetworkRequest request = request_for(model);
  const auto network = prepare_network(*engine_, request);
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(network.error().message(), AllOf(HasSubstr("batch × 3 × height × width"),
                                               HasSubstr("--input-shape 1 3 224 224")));
}

TEST_F(NetworkInputs, BFloat16RunsInFloat32WhereTheEngineHasNoKernels) {
  TinyModel model;
  model.nodes = {{"MatMul", "matmul", {"a", "b"}, {"y"}, {}, ""}};
  model.inputs = {{"a", {8, 16}, kBFloat16}, {"b", {16, 4}, kBFloat16}};
  model.outputs = {{"y", {8, 4}, kBFloat16}};
  const auto network = prepare_network(*engine_, request_for(model));
  ASSERT_TRUE(network) << network.error().to_string();
  EXPECT_EQ(network->inputs.at(0).type, DataType::kFloat32);
  EXPECT_THAT(network->notes, Contains(HasSubstr("ran in float32")));
}

TEST_F(NetworkInputs, ATypeWithoutKernelsIsNotAnsweredWithTheTypeThatWasGiven) {
  TinyModel model;
  model.nodes = {{"Gelu", "gelu", {"a"}, {"y"}, {}, "com.microsoft"}};
  model.inputs = {{"a", {8, 16}, 11}};  // double
  model.outputs = {{"y", {8, 16}, 11}};
  const auto network = prepare_network(*engine_, request_for(model));
  if (network) GTEST_SKIP() << "this ONNX Runtime has a kernel";
  EXPECT_THAT(network.error().message(), Not(HasSubstr("--dtype float32")));
}

TEST_F(NetworkInputs, AValueForNoInputNamesThoseThatThereAre) {
  NetworkRequest request = request_for(regions());
  give(request, {"ofs=0"});
  const auto network = prepare_network(*engine_, request);
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(network.error().message(),
              AllOf(HasSubstr("did you mean 'of'?"), HasSubstr("'x', 'rois', 'of'")));
}

class InputValues : public ::testing::Test {
 protected:
  /// A file as numpy.save() writes it.
  std::string npy(const std::string& name, const std::string& type, const std::string& shape,
                  const std::string& data) {
    std::string dict =
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    dict.resize(117, ' ');
    dict += '\n';
    std::string text("\x93NUMPY\x01\0", 8);
    text += static_cast<char>(dict.size());
    text += '\0';
    return folder_.write(name, text + dict + data).string();
  }
  static std::string floats(const std::vector<float>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
  }
  static std::string refusal(const std::vector<std::string>& words) {
    const auto values = read_input_values(words);
    return values ? "not refused" : values.error().to_string();
  }

  TemporaryFolder folder_;
};

TEST_F(InputValues, AFilesShapeIsTheInputs) {
  auto engine = testing::onnxruntime_or_null();
  if (!engine) GTEST_SKIP() << "ONNX Runtime is not on this machine";
  TinyModel model;
  model.nodes = {{"Relu", "relu", {"x"}, {"y"}, {}, ""}};
  model.inputs = {{"x", {-1, -1}, 1, {"batch", "length"}}};
  model.outputs = {{"y", {-1, -1}}};
  const auto bytes = testing::serialise(model);
  NetworkRequest request;
  request.model = folder_
                      .write("m.onnx", std::string_view(reinterpret_cast<const char*>(bytes.data()),
                                                        bytes.size()))
                      .string();
  const auto given = read_input_values(
      std::vector<std::string>{npy("x.npy", "<f4", "(1, 3)", floats({1, -2, 3}))});
  ASSERT_TRUE(given) << given.error().to_string();
  request.input_values = *given;
  const auto network = prepare_network(*engine, request);
  ASSERT_TRUE(network) << network.error().to_string();
  EXPECT_THAT(network->inputs.at(0).dimensions, ElementsAre(1, 3));
  EXPECT_THAT(values<float>(network->inputs.at(0)), ElementsAre(1, -2, 3));
  request.input_shapes.in_order = {{1, 4}};
  EXPECT_THAT(prepare_network(*engine, request).error().message(),
              AllOf(HasSubstr("shape [1 3]"), HasSubstr("[1 4]")));
}

TEST_F(InputValues, NumbersBecomeTheInputsTypeWhereItHoldsThem) {
  const TensorSpec whole{"k", DataType::kInt64, {2}};
  const TensorSpec half{"h", DataType::kFloat16, {2}};
  const TensorSpec flag{"b", DataType::kBool, {}};
  const auto file = read_input_values(
      std::vector<std::string>{"k=" + npy("k.npy", "<f4", "(2,)", floats({3, -4}))});
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_THAT(values<std::int64_t>(*input_tensor(file->front(), whole)), ElementsAre(3, -4));
  EXPECT_THAT(values<std::uint16_t>(*input_tensor(file->front(), half)),
              ElementsAre(0x4200, 0xC400));
  EXPECT_THAT(values<std::uint8_t>(*input_tensor({"b", "true", {}}, flag)), ElementsAre(1));
  EXPECT_THAT(values<std::int64_t>(*input_tensor({"k", "16000", {}}, whole)),
              ElementsAre(16000, 16000));
  EXPECT_FALSE(input_tensor({"k", "0.5", {}}, whole));
  EXPECT_FALSE(input_tensor({"b", "2", {}}, flag));
  EXPECT_FALSE(input_tensor({"k", "300", {}}, {"k", DataType::kUint8, {}}));
  EXPECT_FALSE(input_tensor({"k", "-1", {}}, {"k", DataType::kUint64, {}}));
}

TEST_F(InputValues, SaysWhatWasExpected) {
  EXPECT_THAT(refusal({"sr"}), HasSubstr("NAME=NUMBER"));
  EXPECT_THAT(refusal({"sr=fast"}), HasSubstr("'fast' is neither a file"));
  EXPECT_THAT(refusal({"x=" + (folder_ / "absent.npy").string()}), HasSubstr("absent.npy"));
  EXPECT_THAT(refusal({"x=" + folder_.write("x.npy", "nothing").string()}), HasSubstr("x.npy"));
  EXPECT_THAT(refusal({"x=" + npy("c.npy", "<c8", "(1,)", "12345678")}), HasSubstr("c.npy"));
}

}  // namespace
}  // namespace layerwatt
