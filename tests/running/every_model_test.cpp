#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "layerwatt/models/architecture.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/prepare_network.h"

#include "engines/onnxruntime_test_engine.h"

// Every built-in network in the embedded engine: light ones in each test run, heavy ones, which
// take gigabytes and many seconds, with the label `nightly`.

namespace layerwatt {
namespace {

bool is_heavy(const Architecture& architecture) {
  return architecture.parameters > 30'000'000 || architecture.gmacs > 3.0;
}

std::vector<std::string> models(bool heavy) {
  std::vector<std::string> names;
  for (const Architecture& architecture : architecture_table()) {
    if (is_heavy(architecture) == heavy) names.emplace_back(architecture.name);
  }
  return names;
}

class EveryModel : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryModel, IsBuiltLoadedAndRun) {
  const auto engine = testing::onnxruntime_or_null();
  if (!engine) GTEST_SKIP() << "no ONNX Runtime on this machine";
  NetworkRequest request;
  request.model = GetParam();
  const auto network = prepare_network(*engine, request);
  ASSERT_TRUE(network) << network.error().to_string();
  EXPECT_EQ(network->parameter_count, find_architecture(GetParam())->parameters);
  EXPECT_FALSE(network->layers.empty());

  SessionOptions keep;
  keep.rewriting = GraphRewriting::kNone;
  auto session = engine->load(network->graph, network->name, keep);
  ASSERT_TRUE(session) << session.error().to_string();
  ASSERT_TRUE((*session)->bind(network->inputs));
  ASSERT_TRUE((*session)->run());
  const auto outputs = (*session)->read_outputs();
  ASSERT_TRUE(outputs) << outputs.error().to_string();
  ASSERT_FALSE(outputs->empty());  // decoders hand out keys and values too
  std::vector<float> values(outputs->front().data.size() / sizeof(float));
  ASSERT_GE(values.size(), 10U);
  std::memcpy(values.data(), outputs->front().data.data(), outputs->front().data.size());
  EXPECT_TRUE(std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }));
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  EXPECT_LT(*least, *greatest);
}

std::string name_of(const ::testing::TestParamInfo<std::string>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Light, EveryModel, ::testing::ValuesIn(models(false)), name_of);
INSTANTIATE_TEST_SUITE_P(Heavy, EveryModel, ::testing::ValuesIn(models(true)), name_of);

}  // namespace
}  // namespace layerwatt
