#include "engines/onnxruntime/onnxruntime_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engines/onnxruntime/onnxruntime_engine.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class OnnxRuntimeLibraryFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              (std::string("layerwatt_ort_") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file(const std::string& name, const std::string& content) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }

  Error error_with(const fs::path& chosen) {
    OnnxRuntimePlaces places;
    places.chosen = chosen.string();
    const auto library = open_onnxruntime_library(places);
    EXPECT_FALSE(library.has_value());
    return library ? Error(ErrorCode::kInternal, "opened") : library.error();
  }

  fs::path folder_;
};

/// The head of an ELF file for `machine`.
std::string elf_head(char machine) {
  std::string head("\177ELF\2\1\1", 7);
  head.resize(16, '\0');
  head += std::string("\3\0", 2);
  head += machine;
  head += '\0';
  return head;
}

TEST_F(OnnxRuntimeLibraryFile, IsLookedForInTheUsersPlacesFirstAndInTheLoadersLast) {
  OnnxRuntimePlaces places;
  places.root = "/opt/ort";
  places.program_folder = "/usr/bin";
  places.cache_folder = folder_;
  fs::create_directories(folder_ / "onnxruntime-1.9.0-x86_64");
  fs::create_directories(folder_ / "onnxruntime-1.23.2-x86_64");
  const std::string newer = (folder_ / "onnxruntime-1.23.2-x86_64").string();
  const std::string older = (folder_ / "onnxruntime-1.9.0-x86_64").string();
  const auto candidates = onnxruntime_candidates(places);
  std::vector<std::string> first_names;
  for (const std::string& c : candidates) {
    if (c.ends_with(".so.1")) first_names.push_back(c);
  }
  EXPECT_THAT(first_names,
              ElementsAre("/opt/ort/lib/libonnxruntime.so.1", "/opt/ort/libonnxruntime.so.1",
                          "/usr/bin/libonnxruntime.so.1", "/usr/lib/layerwatt/libonnxruntime.so.1",
                          newer + "/lib/libonnxruntime.so.1", newer + "/libonnxruntime.so.1",
                          older + "/lib/libonnxruntime.so.1", older + "/libonnxruntime.so.1",
                          "libonnxruntime.so.1"));
  EXPECT_EQ(candidates.back(), "libonnxruntime.so");
}

TEST_F(OnnxRuntimeLibraryFile, IsTheChosenOneAndNoOther) {
  OnnxRuntimePlaces places;
  places.chosen = "/data/libonnxruntime.so.1.21";
  places.root = "/opt/ort";
  EXPECT_THAT(onnxruntime_candidates(places), ElementsAre("/data/libonnxruntime.so.1.21"));
}

TEST_F(OnnxRuntimeLibraryFile, IsFoundInAChosenFolder) {
  OnnxRuntimePlaces places;
  places.chosen = folder_.string();
  EXPECT_EQ(onnxruntime_candidates(places).front(), (folder_ / "libonnxruntime.so.1").string());
}

TEST_F(OnnxRuntimeLibraryFile, SaysWhereItLookedAndHowToGetIt) {
  const Error error = error_with(folder_ / "absent.so");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.message(),
              AllOf(HasSubstr((folder_ / "absent.so").string() + ": not there"),
                    HasSubstr("scripts/fetch_onnxruntime.sh"), HasSubstr("LAYERWATT_ONNXRUNTIME")));
}

TEST_F(OnnxRuntimeLibraryFile, SaysThatItIsOfAnotherArchitecture) {
  constexpr char kRiscV = '\xf3';
  const Error error = error_with(file("libonnxruntime.so.1", elf_head(kRiscV)));
  EXPECT_THAT(error.message(), HasSubstr("built for RISC-V, this program is"));
}

TEST_F(OnnxRuntimeLibraryFile, SaysThatAFileIsNoLibrary) {
  const Error error = error_with(file("libonnxruntime.so.1", "404: Not Found"));
  EXPECT_THAT(error.message(), HasSubstr("libonnxruntime.so.1: cannot be loaded ("));
}

TEST_F(OnnxRuntimeLibraryFile, SaysThatALibraryIsAnother) {
  const Error error = error_with("libm.so.6");
  EXPECT_THAT(error.message(), HasSubstr("not ONNX Runtime (no OrtGetApiBase)"));
}

TEST_F(OnnxRuntimeLibraryFile, MakesTheEngineSayWhatIsMissing) {
  OnnxRuntimePlaces places;
  places.chosen = (folder_ / "absent.so").string();
  const auto engine = open_onnxruntime(places);
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().message(),
              AllOf(HasSubstr("ONNX Runtime"), HasSubstr("scripts/fetch_onnxruntime.sh")));
}

TEST_F(OnnxRuntimeLibraryFile, ThatIsTooOldIsNamedWithItsVersion) {
  const auto engine = [&] {
    OnnxRuntimePlaces places;
    places.chosen = LAYERWATT_OLD_ONNXRUNTIME;
    return open_onnxruntime(places);
  }();
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code(), ErrorCode::kUnsupported);
#if LAYERWATT_HAS_ONNXRUNTIME
  EXPECT_THAT(engine.error().message(),
              AllOf(HasSubstr("is ONNX Runtime 1.4.0"), HasSubstr("needs 1.17 or later"),
                    Not(HasSubstr("not there"))));
#endif
}

}  // namespace
}  // namespace layerwatt
