#include "engines/tensorrt/tensorrt_engine.h"

#include <gmock/gmock.h>

#include <fstream>

#include "layerwatt/core/file_text.h"
#include "layerwatt/engines/random_tensor.h"
#include "layerwatt/engines/tensorrt_engine.h"

#include "dataset/temporary_folder.h"
#include "engines/fake_tensorrt.h"
#include "engines/onnxruntime/layer_placing.h"

// All but the vendor's calls, which a fake stands for.

namespace layerwatt::trt {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeApi;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Script;

const std::vector<std::byte> kOnnx{std::byte{0x08}, std::byte{0x07}, std::byte{0x12}};
const std::vector<std::byte> kPlan{std::byte{'f'}, std::byte{'t'}, std::byte{'r'}, std::byte{'t'}};

class TensorRt : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> engine() {
    return TensorRtEngine::open(std::make_unique<FakeApi>(script_), build_).value();
  }
  static std::vector<Tensor> inputs_of(const Session& session) {
    std::vector<Tensor> out;
    for (const TensorSpec& spec : session.inputs()) out.push_back(random_tensor(spec, 1).value());
    return out;
  }
  /// Loads, binds and runs two passes under the profiler; the error of the first step that fails.
  std::string error_of_a_run() {
    auto engine = TensorRtEngine::open(std::make_unique<FakeApi>(script_), build_);
    if (!engine) return engine.error().to_string();
    SessionOptions options;
    options.profile_layers = true;
    auto session = (*engine)->load(kOnnx, "net", options);
    if (!session) return session.error().to_string();
    if (auto r = (*session)->bind(inputs_of(**session)); !r) return r.error().to_string();
    for (int i = 0; i < 2; ++i) {
      if (auto r = (*session)->run(); !r) return r.error().to_string();
    }
    if (auto r = (*session)->read_outputs(); !r) return r.error().to_string();
    if (auto r = (*session)->inspect(); !r) return r.error().to_string();
    if (auto r = (*session)->finish_profile(); !r) return r.error().to_string();
    return "no error";
  }
  TemporaryFolder folder_;
  Script script_;
  TensorRtBuild build_;
};

TEST_F(TensorRt, BuildsInOrderWithWhatWasAskedFor) {
  build_.type = DataType::kInt8;
  build_.workspace_mib = 64;
  build_.optimization_level = 5;
  build_.dla_core = 1;
  ASSERT_TRUE(engine()->load(kOnnx, "net", {}));
  EXPECT_THAT(script_.calls,
              AllOf(Contains("workspace_67108864"), Contains("level_5"), Contains("aux_streams_0"),
                    Contains("allow_float16"), Contains("allow_int8"), Contains("set_dla")));
  EXPECT_LT(script_.place("parse"), script_.place("set_detailed"));
  EXPECT_LT(script_.place("set_detailed"), script_.place("build"));
  EXPECT_LT(script_.place("new_timing_cache"), script_.place("build"));
  EXPECT_LT(script_.place("build"), script_.place("timing_cache"));
  EXPECT_LT(script_.place("build"), script_.place("deserialise"));
}

TEST_F(TensorRt, FromElevenOnTypesAreTheModels) {
  script_.built_for = script_.loaded = {11, 1, 0};
  ASSERT_TRUE(engine()->load(kOnnx, "net", {}));
  EXPECT_THAT(script_.calls, Not(Contains(HasSubstr("allow_"))));
}

TEST_F(TensorRt, ASerialisedEngineIsLoadedWithoutBuilding) {
  ASSERT_TRUE(engine()->load(kPlan, "net.engine", {}));
  EXPECT_EQ(script_.count("build"), 0);
  EXPECT_FALSE(engine()->load({}, "empty.engine", {}));
}

TEST_F(TensorRt, APassWithoutProfilerIsEnqueueAndWait) {
  const auto running = engine();
  SessionOptions options;
  options.spinning = false;
  auto session = running->load(kPlan, "net", options);
  ASSERT_TRUE(session);
  EXPECT_FALSE((*session)->run()) << "before bind";
  ASSERT_TRUE((*session)->bind(inputs_of(**session)));
  script_.calls.clear();
  ASSERT_TRUE((*session)->run());
  EXPECT_THAT(script_.calls, ElementsAre("enqueue", "record", "wait_event"));
  const auto outputs = (*session)->read_outputs();
  ASSERT_TRUE(outputs);
  EXPECT_EQ(outputs->front().data.size(), 8U);
  EXPECT_EQ((*session)->finish_profile().error().code(), ErrorCode::kUnsupported);
}

TEST_F(TensorRt, AProfiledPassIsReportedOnceAfterItIsOver) {
  const auto running = engine();
  SessionOptions options;
  options.profile_layers = true;
  auto session = running->load(kPlan, "net", options);
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->bind(inputs_of(**session)));
  EXPECT_THAT(script_.calls, AllOf(Contains("do_not_emit_profile"), Contains("quieten")));
  script_.calls.clear();
  ASSERT_TRUE((*session)->run());
  EXPECT_THAT(script_.calls, ElementsAre("record", "enqueue", "record", "wait_event",
                                         "report_to_profiler", "elapsed", "elapsed"));
  ASSERT_TRUE((*session)->run());
  const auto times = (*session)->finish_profile();
  ASSERT_TRUE(times) << times.error().to_string();
  EXPECT_EQ(times->stamps, StampSource::kPlacedByDuration);
  EXPECT_FALSE(times->overlap);
  ASSERT_EQ(times->passes.size(), 2U);
  ASSERT_EQ(times->passes[0].size(), 3U);
  const auto& first = times->passes[0];
  const auto& second = times->passes[1];
  EXPECT_EQ(first[0].end - first[0].start, 2ms);
  EXPECT_EQ(first[1].end, first[1].start);
  EXPECT_EQ(first[2].end - first[2].start, 1ms);
  EXPECT_EQ(first[0].end, first[1].start);
  // The GPU's clock went on by 4 ms, and layers end with their pass.
  EXPECT_NEAR(to_milliseconds(second[2].end - first[2].end), 4.0, 1e-3);
  EXPECT_THAT(times->notes,
              AllOf(Contains(HasSubstr("25.0 % of a pass")), Contains(HasSubstr("anchored"))));
}

TEST_F(TensorRt, AuxiliaryStreamsAreTold) {
  script_.aux_streams = 2;
  const auto running = engine();
  SessionOptions options;
  options.profile_layers = true;
  auto session = running->load(kPlan, "net", options);
  ASSERT_TRUE((*session)->bind(inputs_of(**session)));
  ASSERT_TRUE((*session)->run());
  EXPECT_TRUE((*session)->finish_profile()->overlap);
}

TEST_F(TensorRt, APassWithOtherLayersStandsWithoutThem) {
  script_.odd_pass = 1;
  const auto running = engine();
  SessionOptions options;
  options.profile_layers = true;
  auto session = running->load(kPlan, "net", options);
  ASSERT_TRUE((*session)->bind(inputs_of(**session)));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE((*session)->run());
  const auto times = (*session)->finish_profile();
  ASSERT_EQ(times->passes.size(), 3U);
  EXPECT_EQ(times->passes[0].size(), 3U);
  EXPECT_TRUE(times->passes[1].empty());
  EXPECT_THAT(times->notes, Contains(HasSubstr("2 passes reported other layers")));
}

TEST_F(TensorRt, TheEngineIsBuiltOnceAndKept) {
  build_.cache_folder = folder_ / "cache";
  {
    const auto running = engine();
    ASSERT_TRUE(running->load(kOnnx, "net", {}));
    ASSERT_TRUE(running->load(kOnnx, "net", {}));
    EXPECT_EQ(script_.count("build"), 1);
  }
  ASSERT_TRUE(engine()->load(kOnnx, "net", {}));
  EXPECT_EQ(script_.count("build"), 1) << "found in the cache";
  build_.type = DataType::kFloat32;
  ASSERT_TRUE(engine()->load(kOnnx, "net", {}));
  EXPECT_EQ(script_.count("build"), 2) << "of another type";
  EXPECT_EQ(script_.count("set_timing_cache"), 1) << "what the first taught is used";
  script_.loaded = {10, 4, 0};
  ASSERT_TRUE(engine()->load(kOnnx, "net", {}));
  EXPECT_EQ(script_.count("build"), 3) << "of another version";
}

TEST_F(TensorRt, ADamagedEngineInTheCacheIsBuiltAnew) {
  build_.cache_folder = folder_ / "cache";
  ASSERT_TRUE(engine()->load(kOnnx, "net", {}));
  for (const auto& entry : std::filesystem::directory_iterator(build_.cache_folder)) {
    if (entry.path().extension() == ".engine") std::ofstream(entry.path()) << "x";
  }
  ASSERT_TRUE(engine()->load(kOnnx, "net", {}));
  EXPECT_EQ(script_.count("build"), 2);
}

TEST_F(TensorRt, EveryCallThatFailsIsToldAndLeavesNothingBehind) {
  const std::vector<std::string> calls{
      "device_name",   "make_builder",    "parse",       "allow_float16",  "build",
      "deserialise",   "make_context",    "make_stream", "make_event",     "allocate_device",
      "allocate_host", "set_input_shape", "set_address", "copy_to_device", "wait_stream",
      "record",        "wait_event",      "elapsed",     "enqueue",        "report_to_profiler",
      "copy_to_host",  "inspect"};
  for (const std::string& call : calls) {
    script_ = Script();
    script_.fails = call;
    script_.says = "[E] [TRT] it went wrong in " + call;
    script_.cuda_error = "it went wrong";
    const std::string error = error_of_a_run();
    EXPECT_THAT(error, HasSubstr(call == "allow_float16" ? "float16"
                                 : call == "parse"       ? "No importer"
                                                         : "it went wrong"))
        << call;
    EXPECT_TRUE(script_.memory.empty()) << call;
    EXPECT_TRUE(script_.handles.empty()) << call;
  }
  script_ = Script();
  EXPECT_EQ(error_of_a_run(), "no error");
  EXPECT_TRUE(script_.memory.empty());
  EXPECT_TRUE(script_.handles.empty());
}

TEST_F(TensorRt, FailuresComeWithAdvice) {
  script_.fails = "parse";
  EXPECT_THAT(error_of_a_run(),
              AllOf(HasSubstr("NonMaxSuppression2"), HasSubstr("no counterpart of an operator")));
  script_ = Script();
  script_.fails = "allocate_device";
  script_.cuda_error = "out of memory";
  EXPECT_THAT(error_of_a_run(), AllOf(HasSubstr("16 bytes"), HasSubstr("memory does not suffice")));
  script_ = Script();
  script_.fails = "deserialise";
  script_.says =
      "[E] [TRT] 6: The engine plan file is generated on an incompatible device, expecting compute "
      "8.7 got compute 8.6, please rebuild.";
  const auto loaded = engine()->load(kPlan, "net.engine", {});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message(), AllOf(HasSubstr("compute 8.6"), HasSubstr("another GPU")));
}

TEST_F(TensorRt, AnotherLibraryThanTheModulesIsNamed) {
  script_.loaded = {8, 6, 1};
  EXPECT_THAT(error_of_a_run(), AllOf(HasSubstr("10.3.0"), HasSubstr("8.6.1"),
                                      HasSubstr("libnvinfer-dev"), HasSubstr("trtexec")));
  script_.loaded = {10, 2, 0};
  EXPECT_THAT(error_of_a_run(), HasSubstr("none older"));
  script_.loaded = {10, 13, 3};
  EXPECT_EQ(error_of_a_run(), "no error");
}

TEST_F(TensorRt, InputsThatDoNotFitAreRefused) {
  const auto running = engine();
  auto session = running->load(kPlan, "net", {});
  EXPECT_FALSE((*session)->bind({}));
  auto inputs = inputs_of(**session);
  inputs[0].dimensions = {1, 5};
  EXPECT_THAT((*session)->bind(inputs).error().message(), HasSubstr("input 'in'"));
  inputs = inputs_of(**session);
  inputs[0].data.pop_back();
  EXPECT_THAT((*session)->bind(inputs).error().message(), HasSubstr("16 bytes"));
  script_.tensors[1].dimensions = {-1, 2};
  session = running->load(kPlan, "net", {});
  EXPECT_THAT((*session)->bind(inputs_of(**session)).error().message(), HasSubstr("not known"));
  script_.tensors[1].type.reset();
  EXPECT_THAT(running->load(kPlan, "net", {}).error().message(), HasSubstr("type"));
}

TEST(LayerCollector, LayersLongerThanTheirPassAreScaledToIt) {
  LayerCollector collector;
  collector.layer("a", 3.0F);
  collector.layer("b", 5.0F);
  std::vector<LayerTime> out;
  const Instant end = instant_from_ns(0) + 10s;
  ASSERT_TRUE(collector.finish_pass(end - 4ms, end, out));
  EXPECT_EQ(out[0].start, end - 4ms);
  EXPECT_EQ(out[1].end - out[1].start, 2500us);
  EXPECT_EQ(collector.residual(), -4ms);
}

TEST(LayerCollector, NonsenseIsNoLayer) {
  LayerCollector collector;
  std::vector<LayerTime> out;
  EXPECT_FALSE(collector.finish_pass(instant_from_ns(0), instant_from_ns(5), out)) << "no layers";
  collector.layer("a", -1.0F);
  EXPECT_FALSE(collector.finish_pass(instant_from_ns(0), instant_from_ns(5), out));
  collector.layer("same", 1.0F);
  collector.layer("same", 1.0F);
  EXPECT_TRUE(collector.finish_pass(instant_from_ns(0), instant_from_ns(5'000'000), out));
  EXPECT_THAT(collector.names(), ElementsAre("same", "same"));
}

TEST(TensorRtModule, WithoutOneThePackagesAreNamed) {
  const TemporaryFolder folder;
  TensorRtPlaces places;
  places.program_folder = folder / "bin";
  auto none = open_tensorrt(places, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message(),
              AllOf(HasSubstr("absent"), HasSubstr("libnvinfer-dev"), HasSubstr("lib/layerwatt"),
                    HasSubstr("--engine trtexec")));
  const std::filesystem::path no_library = folder / "liblayerwatt_tensorrt.so";
  std::ofstream(no_library) << "not a library";
  places.chosen = folder.path().string();
  EXPECT_THAT(open_tensorrt(places, {}).error().message(), HasSubstr(no_library.string()));
  places.chosen = "/proc/self/exe";
  EXPECT_FALSE(open_tensorrt(places, {}));
}

}  // namespace
}  // namespace layerwatt::trt
