#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "layerwatt/core/file_text.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/engines/random_tensor.h"

#include "engines/onnxruntime_test_engine.h"
#include "engines/tiny_onnx.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using testing::TinyModel;

std::vector<float> floats(const Tensor& tensor) {
  std::vector<float> out(tensor.data.size() / sizeof(float));
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

/// x [1, 1, 4, 4] → Conv 3×3 (1 → 2, padded) → Relu → Flatten → Gemm (32 → 3) → y.
TinyModel conv_and_gemm() {
  TinyModel model;
  model.nodes = {
      {"Conv", "conv", {"x", "w", "b"}, {"c"}, {{"pads", {1, 1, 1, 1}}}, ""},
      {"Relu", "relu", {"c"}, {"r"}, {}, ""},
      {"Flatten", "flatten", {"r"}, {"f"}, {}, ""},
      {"Gemm", "gemm", {"f", "g"}, {"y"}, {}, ""},
  };
  std::vector<float> w(18);
  std::vector<float> g(96);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 0.125F * static_cast<float>(i) - 1.0F;
  for (std::size_t i = 0; i < g.size(); ++i) g[i] = 0.25F * static_cast<float>(i % 7) - 0.5F;
  model.weights = {{"w", {2, 1, 3, 3}, w}, {"b", {2}, {0.5F, -0.5F}}, {"g", {32, 3}, g}};
  model.inputs = {{"x", {1, 1, 4, 4}}};
  model.outputs = {{"y", {1, 3}}};
  return model;
}

/// The same by the definition, in plain loops.
std::vector<float> reference(const TinyModel& model, const std::vector<float>& x) {
  const std::vector<float>& w = model.weights[0].values;
  const std::vector<float>& b = model.weights[1].values;
  const std::vector<float>& g = model.weights[2].values;
  std::vector<float> y(3, 0.0F);
  for (int m = 0; m < 2; ++m) {
    for (int row = 0; row < 4; ++row) {
      for (int column = 0; column < 4; ++column) {
        float sum = b[static_cast<std::size_t>(m)];
        for (int i = -1; i <= 1; ++i) {
          for (int j = -1; j <= 1; ++j) {
            if (row + i < 0 || row + i > 3 || column + j < 0 || column + j > 3) continue;
            sum += x[static_cast<std::size_t>((row + i) * 4 + column + j)] *
                   w[static_cast<std::size_t>(m * 9 + (i + 1) * 3 + j + 1)];
          }
        }
        const float rectified = sum > 0 ? sum : 0.0F;
        for (int k = 0; k < 3; ++k) {
          y[static_cast<std::size_t>(k)] +=
              rectified * g[static_cast<std::size_t>((m * 16 + row * 4 + column) * 3 + k)];
        }
      }
    }
  }
  return y;
}

class OnnxRuntimeSession : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_ = testing::onnxruntime_or_null();
    if (HasFailure()) FAIL();
    if (!engine_) GTEST_SKIP() << "ONNX Runtime is not on this machine";
  }

  std::unique_ptr<Session> load(const TinyModel& model, const SessionOptions& options = {}) {
    auto session = engine_->load(testing::serialise(model), "tiny.onnx", options);
    if (!session) {
      ADD_FAILURE() << session.error().to_string();
      return nullptr;
    }
    return *std::move(session);
  }

  Error load_error(const TinyModel& model) {
    auto session = engine_->load(testing::serialise(model), "tiny.onnx", {});
    EXPECT_FALSE(session.has_value());
    return session ? Error(ErrorCode::kInternal, "loaded") : std::move(session).error();
  }

  std::unique_ptr<Engine> engine_;
};

TEST_F(OnnxRuntimeSession, ComputesWhatTheDefinitionOfConvAndGemmSays) {
  const TinyModel model = conv_and_gemm();
  const auto session = load(model);
  ASSERT_TRUE(session);
  ASSERT_EQ(session->inputs().size(), 1U);
  EXPECT_EQ(session->inputs()[0].dimensions, (std::vector<std::int64_t>{1, 1, 4, 4}));
  const Tensor x = random_tensor(session->inputs()[0], 7).value();
  ASSERT_TRUE(session->bind(std::span(&x, 1)));
  ASSERT_TRUE(session->run());
  const auto outputs = session->read_outputs();
  ASSERT_TRUE(outputs) << outputs.error().message();
  EXPECT_EQ(outputs->at(0).name, "y");
  EXPECT_EQ(outputs->at(0).dimensions, (std::vector<std::int64_t>{1, 3}));
  const std::vector<float> expected = reference(model, floats(x));
  const std::vector<float> actual = floats(outputs->at(0));
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(actual[k], expected[k], 1e-4F);
}

TEST_F(OnnxRuntimeSession, ProfilesEachPassWithNamesShapesAndTimesInsideTheRun) {
  SessionOptions options;
  options.profile_layers = true;
  options.rewriting = GraphRewriting::kNone;
  const auto session = load(conv_and_gemm(), options);
  ASSERT_TRUE(session);
  const Tensor x = random_tensor(session->inputs()[0], 7).value();
  ASSERT_TRUE(session->bind(std::span(&x, 1)));
  constexpr int kPasses = 5;
  std::vector<std::pair<Instant, Instant>> runs;
  for (int i = 0; i < kPasses; ++i) {
    const Instant start = MonotonicClock::now();
    ASSERT_TRUE(session->run());
    runs.emplace_back(start, MonotonicClock::now());
  }
  const auto times = session->finish_profile();
  ASSERT_TRUE(times) << times.error().message();
  EXPECT_EQ(times->lost_passes, 0);
  ASSERT_EQ(times->layers.size(), 4U);
  EXPECT_EQ(times->layers[0].name, "conv");
  EXPECT_EQ(times->layers[0].type, "Conv");
  EXPECT_EQ(times->layers[0].outputs.at(0).dimensions, (std::vector<std::int64_t>{1, 2, 4, 4}));
  EXPECT_EQ(times->layers[0].outputs.at(0).format, "Row major linear FP32");
  EXPECT_EQ(times->layers[3].name, "gemm");
  ASSERT_EQ(times->passes.size(), static_cast<std::size_t>(kPasses));
  // The profiler's clock is converted between anchors: allow it the anchors' uncertainty and the
  // microsecond that its stamps have.
  constexpr Duration kSlack = std::chrono::microseconds(100);
  for (std::size_t pass = 0; pass < times->passes.size(); ++pass) {
    ASSERT_EQ(times->passes[pass].size(), 4U);
    EXPECT_GE(times->passes[pass].front().start, runs[pass].first - kSlack);
    EXPECT_LE(times->passes[pass].back().end, runs[pass].second + kSlack);
    for (std::size_t k = 0; k < 4; ++k) {
      EXPECT_EQ(times->passes[pass][k].layer, static_cast<std::int32_t>(k));
    }
  }
}

TEST_F(OnnxRuntimeSession, WritesTheGraphAsRewrittenAndRunsItUnchanged) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "layerwatt_rewritten.onnx";
  SessionOptions options;
  options.optimized_model = path;
  const auto full = load(conv_and_gemm(), options);
  ASSERT_TRUE(full);
  const auto text = read_file(path);
  ASSERT_TRUE(text) << text.error().to_string();
  std::filesystem::remove(path);

  SessionOptions keep;
  keep.rewriting = GraphRewriting::kNone;
  auto session = engine_->load(std::as_bytes(std::span(*text)), "rewritten", keep);
  ASSERT_TRUE(session) << session.error().message();
  const Tensor x = random_tensor((*session)->inputs()[0], 7).value();
  ASSERT_TRUE((*session)->bind(std::span(&x, 1)));
  ASSERT_TRUE((*session)->run());
  ASSERT_TRUE(full->bind(std::span(&x, 1)));
  ASSERT_TRUE(full->run());
  EXPECT_EQ((*session)->read_outputs().value().at(0).data, full->read_outputs().value().at(0).data);
}

TEST_F(OnnxRuntimeSession, TakesFreeDimensionsFromTheBoundTensor) {
  TinyModel model;
  model.nodes = {{"Relu", "relu", {"x"}, {"y"}, {}, ""}};
  model.inputs = {{"x", {-1, 3}}};
  model.outputs = {{"y", {-1, 3}}};
  const auto session = load(model);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->inputs()[0].dimensions, (std::vector<std::int64_t>{-1, 3}));
  const Tensor x = random_tensor({"x", DataType::kFloat32, {2, 3}}, 1).value();
  ASSERT_TRUE(session->bind(std::span(&x, 1)));
  ASSERT_TRUE(session->run());
  EXPECT_EQ(session->read_outputs().value().at(0).dimensions, (std::vector<std::int64_t>{2, 3}));
}

TEST_F(OnnxRuntimeSession, RefusesATensorOfAnotherShapeAndSaysWhatItWants) {
  const auto session = load(conv_and_gemm());
  ASSERT_TRUE(session);
  const Tensor x = random_tensor({"x", DataType::kFloat32, {1, 1, 5, 4}}, 1).value();
  const auto bound = session->bind(std::span(&x, 1));
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(bound.error().message(), HasSubstr("wants float32 of shape [1 1 4 4]"));
}

TEST_F(OnnxRuntimeSession, NamesAnUnknownOperator) {
  TinyModel model = conv_and_gemm();
  model.nodes[1].op = "Frobnicate";
  const Error error = load_error(model);
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.message();
  EXPECT_THAT(error.message(), HasSubstr("tiny.onnx"));
  EXPECT_THAT(error.message(), HasSubstr("Frobnicate"));
}

TEST_F(OnnxRuntimeSession, NamesAnOperatorOfAnUnknownDomain) {
  TinyModel model = conv_and_gemm();
  model.nodes[1].domain = "com.example";
  const Error error = load_error(model);
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.message();
  EXPECT_THAT(error.message(), HasSubstr("Relu"));
}

TEST_F(OnnxRuntimeSession, SaysWhichOperatorHasNoKernelForATypeOnTheCpu) {
  constexpr std::int32_t kBFloat16 = 16;
  TinyModel model;
  model.nodes = {{"Sqrt", "root", {"x"}, {"y"}, {}, ""}};
  model.inputs = {{"x", {1, 3}, kBFloat16}};
  model.outputs = {{"y", {1, 3}, kBFloat16}};
  const Error error = load_error(model);
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.message();
  EXPECT_THAT(error.message(), HasSubstr("Sqrt"));
  EXPECT_THAT(error.message(), HasSubstr("inputs of another type"));
}

TEST_F(OnnxRuntimeSession, RefusesBytesThatAreNoModel) {
  const std::string text = "PNG, not ONNX, whatever its name says";
  for (const std::string_view bytes : {std::string_view(text), std::string_view()}) {
    const auto session = engine_->load(std::as_bytes(std::span(bytes)), "photo.onnx", {});
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code(), ErrorCode::kParse);
    EXPECT_THAT(session.error().message(), HasSubstr("photo.onnx"));
  }
}

TEST_F(OnnxRuntimeSession, RefusesAModelThatIsCutOff) {
  auto bytes = testing::serialise(conv_and_gemm());
  bytes.resize(bytes.size() / 2);
  const auto session = engine_->load(bytes, "cut.onnx", {});
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code(), ErrorCode::kParse);
}

TEST_F(OnnxRuntimeSession, RunsWithOtherThreadsThanTheFirstSession) {
  SessionOptions one;
  one.threads = 1;
  SessionOptions two;
  two.threads = 2;
  two.spinning = false;
  for (const SessionOptions& options : {one, two, one}) {
    const auto session = load(conv_and_gemm(), options);
    ASSERT_TRUE(session);
    const Tensor x = random_tensor(session->inputs()[0], 7).value();
    ASSERT_TRUE(session->bind(std::span(&x, 1)));
    EXPECT_TRUE(session->run());
  }
}

}  // namespace
}  // namespace layerwatt
