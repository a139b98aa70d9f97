#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "layerwatt/engines/tensorrt.h"
#include "layerwatt/engines/trtexec_program.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// A program of a few lines in the shell's language.
std::filesystem::path program(const TemporaryFolder& folder, const std::string& script) {
  std::filesystem::create_directories(folder / "bin");
  const std::filesystem::path path = folder / "bin" / "trtexec";
  std::ofstream(path) << "#!/bin/sh\n" << script << '\n';
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

TrtexecPlaces only(const std::filesystem::path& path) {
  TrtexecPlaces places;
  places.chosen = path;
  return places;
}

TrtexecProgram of_version(int major, int minor) { return {"trtexec", {major, minor, 0}}; }

TEST(TensorRtVersion, BothFormsOfTheNumberAreRead) {
  EXPECT_EQ(tensorrt_version_of_number(8201), (TensorRtVersion{8, 2, 1}));
  EXPECT_EQ(tensorrt_version_of_number(8502), (TensorRtVersion{8, 5, 2}));
  EXPECT_EQ(tensorrt_version_of_number(100300), (TensorRtVersion{10, 3, 0}));
  EXPECT_EQ(tensorrt_version_of_number(101303), (TensorRtVersion{10, 13, 3}));
  EXPECT_EQ(tensorrt_version_of_number(110100), (TensorRtVersion{11, 1, 0}));
  for (const std::int64_t no_version : {-1, 0, 7, 12345, 99'999'999}) {
    EXPECT_FALSE(tensorrt_version_of_number(no_version)) << no_version;
  }
}

TEST(TensorRtVersion, TheBannerTellsIt) {
  EXPECT_EQ(parse_trtexec_banner("&&&& RUNNING TensorRT.trtexec [TensorRT v8601] # trtexec --help"),
            (TensorRtVersion{8, 6, 1}));
  EXPECT_EQ(parse_trtexec_banner("&&&& RUNNING TensorRT.trtexec [TensorRT v101303] [b9] # x"),
            (TensorRtVersion{10, 13, 3}));
  EXPECT_FALSE(parse_trtexec_banner("&&&& RUNNING TensorRT.trtexec [TensorRT v"));
  EXPECT_FALSE(parse_trtexec_banner("[TensorRT vten]"));
  EXPECT_FALSE(parse_trtexec_banner(""));
}

/// The names of options, without dashes and values.
std::vector<std::string> names_of(const std::vector<std::string>& arguments) {
  std::vector<std::string> names;
  for (const std::string& argument : arguments) {
    names.push_back(argument.substr(2, argument.find('=') - 2));
  }
  return names;
}

TEST(TrtexecArguments, AreThoseThatNvidiasProgramOfEachVersionParses) {
  std::ifstream table(LAYERWATT_TEST_DATA "/trtexec/options.tsv");
  std::string line;
  std::vector<TrtexecProgram> programs;
  std::vector<std::set<std::string>> taken;
  while (std::getline(table, line)) {
    if (line.starts_with('#')) continue;
    std::istringstream cells(line);
    std::string option;
    std::string cell;
    cells >> option;
    for (std::size_t i = 0; cells >> cell; ++i) {
      if (option == "option") {
        int major = 0;
        int minor = 0;
        char dot = 0;
        std::istringstream(cell) >> major >> dot >> minor;
        programs.push_back(of_version(major, minor));
        taken.emplace_back();
      } else if (cell == "1") {
        taken.at(i).insert(option);
      }
    }
  }
  ASSERT_EQ(programs.size(), 10U);
  for (std::size_t i = 0; i < programs.size(); ++i) {
    const TrtexecProgram& program = programs[i];
    std::vector<std::string> all;
    for (const DataType type : {DataType::kFloat32, DataType::kFloat16, DataType::kInt8}) {
      TensorRtBuild build;
      build.type = type;
      build.optimization_level = 3;
      build.dla_core = 0;
      build.workspace_mib = 64;
      build.cache_folder = "/cache";
      const auto names = names_of(trtexec_build_arguments(program, "m", "e", build));
      all.insert(all.end(), names.begin(), names.end());
    }
    for (const bool spinning : {false, true}) {
      const TrtexecTiming timing{.passes = 1, .seconds = 1, .hold = {}, .spinning = spinning};
      for (const auto& arguments : {trtexec_timing_arguments(program, "e", timing, "t"),
                                    trtexec_profile_arguments(program, "e", 1, "p", "l")}) {
        const auto names = names_of(arguments);
        all.insert(all.end(), names.begin(), names.end());
      }
    }
    all.emplace_back("loadInputs");
    for (const std::string& name : all) {
      EXPECT_TRUE(taken[i].contains(name)) << to_string(program.version) << " lacks --" << name;
    }
  }
}

TEST(FindTrtexec, WithoutOneThePackageIsNamed) {
  TrtexecPlaces nowhere;
  nowhere.search_path = "/nonexistent:";
  nowhere.installed = "/nonexistent/trtexec";
  const auto found = find_trtexec(nowhere);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(found.error().message(),
              AllOf(HasSubstr("/nonexistent/trtexec"), HasSubstr("libnvinfer-bin")));
  EXPECT_THAT(find_trtexec(only("/nonexistent/mine")).error().message(), HasSubstr("--trtexec"));
}

TEST(FindTrtexec, ItIsFoundOnThePathAndInItsPlace) {
  const TemporaryFolder folder;
  const auto path =
      program(folder, "echo '&&&& RUNNING TensorRT.trtexec [TensorRT v8502] # x'; exit 0");
  TrtexecPlaces places;
  places.search_path = "/nonexistent:" + path.parent_path().string();
  places.installed = "/nonexistent/trtexec";
  auto found = find_trtexec(places);
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(found->path, path);
  EXPECT_EQ(found->version, (TensorRtVersion{8, 5, 2}));
  places.search_path.clear();
  places.installed = path;
  EXPECT_TRUE(find_trtexec(places));
}

TEST(FindTrtexec, AnOldOneAndAStrangerAreRefused) {
  const TemporaryFolder folder;
  auto old = find_trtexec(only(program(folder, "echo '[TensorRT v8001]'")));
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(old.error().message(), AllOf(HasSubstr("8.0.1"), HasSubstr("8.2.0")));
  EXPECT_THAT(find_trtexec(only(program(folder, "echo hello"))).error().message(),
              HasSubstr("is it NVIDIA's"));
  const auto unlinked = find_trtexec(only(program(
      folder,
      "echo 'trtexec: error while loading shared libraries: libnvinfer.so.10: cannot open' >&2; "
      "exit 127")));
  EXPECT_THAT(unlinked.error().message(),
              AllOf(HasSubstr("libnvinfer.so.10"), HasSubstr("install the package")));
}

TEST(TrtexecArguments, BuildingFollowsTheVersion) {
  TensorRtBuild build;
  build.type = DataType::kFloat16;
  build.optimization_level = 4;
  build.workspace_mib = 512;
  build.dla_core = 1;
  build.cache_folder = "/cache";
  const auto old = trtexec_build_arguments(of_version(8, 2), "m.onnx", "m.engine", build);
  EXPECT_THAT(old, AllOf(Contains("--buildOnly"), Contains("--fp16"), Contains("--workspace=512"),
                         Contains("--useDLACore=1"), Contains("--allowGPUFallback"),
                         Contains("--profilingVerbosity=detailed")));
  EXPECT_THAT(old, AllOf(Not(Contains(HasSubstr("AuxStreams"))),
                         Not(Contains(HasSubstr("OptimizationLevel")))));
  const auto ten = trtexec_build_arguments(of_version(10, 3), "m.onnx", "m.engine", build);
  EXPECT_THAT(ten, AllOf(Contains("--skipInference"), Contains("--maxAuxStreams=0"),
                         Contains("--builderOptimizationLevel=4"), Contains("--fp16"),
                         Contains("--memPoolSize=workspace:512"),
                         Contains("--timingCacheFile=/cache/timing-10.3.0.cache")));
  EXPECT_THAT(trtexec_build_arguments(of_version(11, 1), "m.onnx", "m.engine", build),
              Not(Contains("--fp16")))
      << "networks are strongly typed";
  build.type = DataType::kInt8;
  EXPECT_THAT(trtexec_build_arguments(of_version(10, 3), "m.onnx", "m.engine", build),
              AllOf(Contains("--int8"), Contains("--fp16")));
}

TEST(TrtexecArguments, TimingIsTheSameWorkInEveryVersion) {
  TrtexecTiming timing;
  timing.passes = 550;
  timing.seconds = 3;
  timing.hold = std::chrono::milliseconds(1500);
  const auto ten = trtexec_timing_arguments(of_version(10, 3), "e", timing, "t.json");
  EXPECT_THAT(ten, AllOf(Contains("--iterations=550"), Contains("--duration=3"),
                         Contains("--warmUp=0"), Contains("--sleepTime=1500"),
                         Contains("--noDataTransfers"), Contains("--exportTimes=t.json")));
  EXPECT_THAT(ten, AllOf(Not(Contains("--useSpinWait")), Not(Contains(HasSubstr("Profile")))));
  const auto eleven = trtexec_timing_arguments(of_version(11, 1), "e", timing, "t.json");
  EXPECT_THAT(eleven, AllOf(Contains("--noSpinWait"), Contains("--noCudaGraph"),
                            Not(Contains("--noDataTransfers"))));
  timing.spinning = true;
  EXPECT_THAT(trtexec_timing_arguments(of_version(8, 5), "e", timing, "t.json"),
              Contains("--useSpinWait"));
  EXPECT_THAT(trtexec_timing_arguments(of_version(11, 1), "e", timing, "t.json"),
              Not(Contains("--noSpinWait")));
}

TEST(TensorRtBuild, WhatAVersionLacksIsNamed) {
  TensorRtBuild build;
  EXPECT_TRUE(check_build(build, {8, 2, 1}));
  build.type = DataType::kBFloat16;
  EXPECT_THAT(check_build(build, {8, 6, 1}).error().message(), HasSubstr("8.6.1"));
  EXPECT_TRUE(check_build(build, {10, 3, 0}));
  build.type = DataType::kFloat16;
  build.optimization_level = 5;
  EXPECT_THAT(check_build(build, {8, 5, 2}).error().message(), HasSubstr("8.6 or later"));
  build.optimization_level = 9;
  EXPECT_EQ(check_build(build, {10, 3, 0}).error().code(), ErrorCode::kInvalidArgument);
  build.optimization_level.reset();
  build.type = DataType::kFloat64;
  EXPECT_EQ(check_build(build, {10, 3, 0}).error().code(), ErrorCode::kInvalidArgument);
}

TEST(CachedEngine, WhateverChangesTheEngineChangesItsName) {
  const std::string bytes = "model";
  const auto model = std::as_bytes(std::span(bytes));
  const TensorRtBuild build;
  const TensorRtVersion version{10, 3, 0};
  const std::string name = cached_engine_name(model, build, version, "orin");
  EXPECT_EQ(name, cached_engine_name(model, build, version, "orin"));
  EXPECT_THAT(name, ::testing::EndsWith(".engine"));
  TensorRtBuild other = build;
  other.type = DataType::kInt8;
  EXPECT_NE(name, cached_engine_name(model, other, version, "orin"));
  other = build;
  other.dla_core = 0;
  EXPECT_NE(name, cached_engine_name(model, other, version, "orin"));
  other = build;
  other.cache_folder = "/elsewhere";
  EXPECT_EQ(name, cached_engine_name(model, other, version, "orin"));
  EXPECT_NE(name, cached_engine_name(model, build, {10, 3, 1}, "orin"));
  EXPECT_NE(name, cached_engine_name(model, build, version, "xavier"));
  const std::string longer = "model2";
  EXPECT_NE(name, cached_engine_name(std::as_bytes(std::span(longer)), build, version, "orin"));
}

TEST(TensorRtLog, ErrorsArePickedOutAndAdvisedUpon) {
  const std::string log =
      "[11/21/2024-05:17:43] [I] Loading\n"
      "[11/21/2024-05:17:43] [E] [TRT] 6: The engine plan file is not compatible with this version "
      "of TensorRT, expecting library version 10.3.0 got 8.5.2, please rebuild.\n"
      "[11/21/2024-05:17:44] [E] Engine deserialization failed\x07\n";
  EXPECT_EQ(tensorrt_errors(log),
            "6: The engine plan file is not compatible with this version of TensorRT, expecting "
            "library version 10.3.0 got 8.5.2, please rebuild.\n  Engine deserialization failed ");
  EXPECT_EQ(tensorrt_errors(log, 1).find('\n'), std::string::npos);
  EXPECT_THAT(tensorrt_advice(log), HasSubstr("another version"));
  EXPECT_THAT(tensorrt_advice("The engine plan file is generated on an incompatible device, "
                              "expecting compute 8.7 got compute 8.6"),
              HasSubstr("another GPU"));
  EXPECT_THAT(tensorrt_advice("No importer registered for op: Foo"), HasSubstr("operator"));
  EXPECT_THAT(tensorrt_advice("Error Code 1: Cuda Runtime (out of memory)"), HasSubstr("memory"));
  EXPECT_EQ(tensorrt_advice("all is well"), "");
  EXPECT_EQ(tensorrt_errors("no error here"), "");
}

}  // namespace
}  // namespace layerwatt
