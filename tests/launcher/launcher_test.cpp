#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "dataset/temporary_folder.h"
#include "launcher/library_versions.h"
#include "launcher/loader_choice.h"

namespace layerwatt::launcher {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::Optional;

#if defined(__aarch64__)
constexpr const char* kSystemLoader = "lib/ld-linux-aarch64.so.1";
constexpr const char* kLoader = "ld-linux-aarch64.so.1";
constexpr const char* kLibraries = "usr/lib/aarch64-linux-gnu";
#else
constexpr const char* kSystemLoader = "lib64/ld-linux-x86-64.so.2";
constexpr const char* kLoader = "ld-linux-x86-64.so.2";
constexpr const char* kLibraries = "usr/lib/x86_64-linux-gnu";
#endif

std::string bytes_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TEST(LibraryVersions, AreWhatTheLibraryDefines) {
  EXPECT_THAT(defined_versions_of(LAYERWATT_OLDER_LIBRARY), Optional(ElementsAre("STANDIN_1.1")));
  EXPECT_THAT(defined_versions_of(LAYERWATT_NEWER_LIBRARY),
              Optional(ElementsAre("STANDIN_1.1", "STANDIN_1.2")));
}

TEST(LibraryVersions, OfWhatIsNoLibraryOfThisProcessorThereAreNone) {
  EXPECT_EQ(defined_versions_of("/no/such/library"), std::nullopt);
  EXPECT_EQ(defined_versions_of("/proc"), std::nullopt);
  EXPECT_EQ(defined_versions(""), std::nullopt);
  EXPECT_EQ(defined_versions("GROUP ( /lib/libc.so.6 )"), std::nullopt);
  std::string foreign = bytes_of(LAYERWATT_OLDER_LIBRARY);
  foreign[18] = 3;  // e_machine: 32-bit x86
  EXPECT_EQ(defined_versions(foreign), std::nullopt);
}

TEST(LibraryVersions, ACutOrSpoiledLibraryIsReadWithinItsBytes) {
  const std::string whole = bytes_of(LAYERWATT_NEWER_LIBRARY);
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    const std::string cut = whole.substr(0, size);
    defined_versions(cut);
  }
  for (std::size_t at = 0; at < whole.size(); at += 13) {
    std::string spoiled = whole;
    spoiled[at] = static_cast<char>(spoiled[at] ^ 0xff);
    defined_versions(spoiled);
  }
}

/// A bundle and a system whose libraries are stand-ins.
class LoaderChoiceTest : public ::testing::Test {
 protected:
  LoaderChoiceTest() {
    put("bundle/lib/layerwatt/glibc/libc.so.6", LAYERWATT_OLDER_LIBRARY);
    put("bundle/lib/layerwatt/compiler/libstdc++.so.6", LAYERWATT_OLDER_LIBRARY);
    put("bundle/lib/layerwatt/compiler/libgcc_s.so.1", LAYERWATT_OLDER_LIBRARY);
  }
  void put(const fs::path& place, const fs::path& library) {
    fs::create_directories((folder_.path() / place).parent_path());
    fs::copy_file(library, folder_.path() / place, fs::copy_options::overwrite_existing);
  }
  void put_system(const fs::path& c_library) {
    put(fs::path("system") / kSystemLoader, c_library);
    fs::permissions(folder_.path() / "system" / kSystemLoader, fs::perms::owner_all);
    put(fs::path("system") / kLibraries / "libc.so.6", c_library);
  }
  void put_compiler_libraries(const fs::path& library) {
    put(fs::path("system") / kLibraries / "libstdc++.so.6", library);
    put(fs::path("system") / kLibraries / "libgcc_s.so.1", library);
  }
  std::optional<LoaderChoice> choose(Wanted wanted = Wanted::kNewer) {
    return choose_loader(bundle_, system_, wanted);
  }

  TemporaryFolder folder_;
  std::string bundle_ = (folder_.path() / "bundle").string();
  std::string system_ = (folder_.path() / "system").string();
  std::string home_ = bundle_ + "/lib/layerwatt";
  std::string system_libraries_ = system_ + "/" + kLibraries;
};

TEST_F(LoaderChoiceTest, WithoutASystemTheBundleRunsOnItsOwn) {
  const auto choice = choose();
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->loader, home_ + "/glibc/" + kLoader);
  EXPECT_THAT(choice->folders, ElementsAre(home_ + "/glibc", home_ + "/lib", home_ + "/compiler"));
  EXPECT_FALSE(choose(Wanted::kSystem));
}

TEST_F(LoaderChoiceTest, AnOlderSystemLeavesItToTheBundle) {
  put("bundle/lib/layerwatt/glibc/libc.so.6", LAYERWATT_NEWER_LIBRARY);
  put_system(LAYERWATT_OLDER_LIBRARY);
  const auto choice = choose();
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->loader, home_ + "/glibc/" + kLoader);
}

TEST_F(LoaderChoiceTest, ASystemAsNewOrNewerIsTaken) {
  for (const char* library : {LAYERWATT_OLDER_LIBRARY, LAYERWATT_NEWER_LIBRARY}) {
    put_system(library);
    const auto choice = choose();
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->loader, system_ + "/" + kSystemLoader);
    EXPECT_THAT(choice->folders, ElementsAre(home_ + "/lib", home_ + "/compiler"));
  }
}

TEST_F(LoaderChoiceTest, NewerLibrariesOfTheCompilerAreTakenOnAnOlderSystemToo) {
  put("bundle/lib/layerwatt/glibc/libc.so.6", LAYERWATT_NEWER_LIBRARY);
  put_system(LAYERWATT_OLDER_LIBRARY);
  put_compiler_libraries(LAYERWATT_NEWER_LIBRARY);
  const auto choice = choose();
  ASSERT_TRUE(choice);
  EXPECT_THAT(choice->folders, ElementsAre(home_ + "/glibc", home_ + "/lib", system_libraries_));
}

TEST_F(LoaderChoiceTest, OlderLibrariesOfTheCompilerAreNot) {
  put("bundle/lib/layerwatt/compiler/libstdc++.so.6", LAYERWATT_NEWER_LIBRARY);
  put_system(LAYERWATT_NEWER_LIBRARY);
  put_compiler_libraries(LAYERWATT_OLDER_LIBRARY);
  const auto choice = choose();
  ASSERT_TRUE(choice);
  EXPECT_THAT(choice->folders, ElementsAre(home_ + "/lib", home_ + "/compiler"));
}

TEST_F(LoaderChoiceTest, WhatIsAskedForIsTaken) {
  put_system(LAYERWATT_NEWER_LIBRARY);
  put_compiler_libraries(LAYERWATT_NEWER_LIBRARY);
  const auto bundle = choose(Wanted::kBundle);
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->loader, home_ + "/glibc/" + kLoader);
  // The system's were built for its newer C library.
  EXPECT_THAT(bundle->folders, ElementsAre(home_ + "/glibc", home_ + "/lib", home_ + "/compiler"));
  put("bundle/lib/layerwatt/glibc/libc.so.6", LAYERWATT_NEWER_LIBRARY);
  put_system(LAYERWATT_OLDER_LIBRARY);
  EXPECT_EQ(choose(Wanted::kSystem)->loader, system_ + "/" + kSystemLoader);
}

}  // namespace
}  // namespace layerwatt::launcher
