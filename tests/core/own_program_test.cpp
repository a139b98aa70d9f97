#include "layerwatt/core/own_program.h"

#include <gtest/gtest.h>

#include <string>
#include <system_error>

namespace layerwatt {
namespace {

constexpr std::string_view kMaps =
    "7f0000000000-7f0000001000 r--p 00000000 fe:00 1234                       /opt/a b/lib/x\n"
    "7f0000001000-7f0000002000 r-xp 00001000 fe:00 1234                       /opt/two\\012lines\n"
    "7f0000003000-7f0000004000 rw-p 00000000 00:00 0 \n"
    "7f0000005000-7f0000006000 r-xp 00000000 00:00 0                          [vdso]\n";

TEST(OwnProgram, TheFileMappedAtAnAddressIsFoundWhateverItsName) {
  EXPECT_EQ(mapped_file(kMaps, 0x7f0000000000), "/opt/a b/lib/x");
  EXPECT_EQ(mapped_file(kMaps, 0x7f0000000fff), "/opt/a b/lib/x");
  EXPECT_EQ(mapped_file(kMaps, 0x7f0000001000), "/opt/two\nlines");
}

TEST(OwnProgram, AddressesOfNoFileHaveNone) {
  EXPECT_EQ(mapped_file(kMaps, 0x7f0000002000), std::nullopt);
  EXPECT_EQ(mapped_file(kMaps, 0x7f0000003000), std::nullopt);
  EXPECT_EQ(mapped_file(kMaps, 0x7f0000005000), std::nullopt);
  EXPECT_EQ(mapped_file("", 1), std::nullopt);
  EXPECT_EQ(mapped_file("no line of maps /x\n-\n0-zz /y\n", 0), std::nullopt);
}

TEST(OwnProgram, ThisProgramIsTheOneThatWasExecuted) {
  std::error_code error;
  const auto executed = std::filesystem::read_symlink("/proc/self/exe", error);
  ASSERT_FALSE(error);
  EXPECT_EQ(own_program(), executed);
  EXPECT_EQ(own_command(), "/proc/self/exe");
}

TEST(OwnProgram, ABundleStartsItselfByItsLauncher) {
  EXPECT_EQ(launcher_of("/opt/lw 1/lib/layerwatt/layerwatt"), "/opt/lw 1/bin/layerwatt");
}

}  // namespace
}  // namespace layerwatt
