#include "monitor/http/password_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using std::chrono::seconds;

// 'openssl passwd -6 -salt layerwatt secret'
constexpr std::string_view kFile =
    "# who may read\n\nprometheus:$6$layerwatt$"
    "H4wLJ8MWJomL4X2gPhSnIyXDHVeKc7lLjvnVGPBbjxjQMv1SPyh9eAbeQ.zwrZmhyB4EOVLjZ9rCzCVPZ1N2E0\r\n";

Instant at(int s) { return instant_from_ns(0) + seconds(s); }

bool is_missing(const Result<PasswordFile>& file) {
  return !file && file.error().code() == ErrorCode::kUnsupported;
}

TEST(PasswordFile, LetsThroughWhoKnowsThePassword) {
  auto file = PasswordFile::parse(kFile);
  if (is_missing(file)) GTEST_SKIP() << file.error().message();
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_TRUE(file->allows("prometheus", "secret", at(0)));
  EXPECT_FALSE(file->allows("prometheus", "Secret", at(10)));
  EXPECT_FALSE(file->allows("prometheus", "", at(20)));
  EXPECT_FALSE(file->allows("grafana", "secret", at(30)));
  EXPECT_FALSE(file->allows("", "", at(40)));
}

TEST(PasswordFile, DoesNotHashAsOftenAsItIsAsked) {
  auto file = PasswordFile::parse(kFile);
  if (is_missing(file)) GTEST_SKIP() << file.error().message();
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->allows("prometheus", "wrong", at(0)));
  EXPECT_FALSE(file->allows("prometheus", "secret", at(0)))
      << "a quarter of a second has not passed";
  EXPECT_TRUE(file->allows("prometheus", "secret", at(1)));
  EXPECT_FALSE(file->allows("prometheus", "wrong", at(1)));
  EXPECT_TRUE(file->allows("prometheus", "secret", at(1))) << "what was right last is known";
}

TEST(PasswordFile, ThatIsBrokenIsNamedByItsLine) {
  for (const char* text : {"", "# nobody\n", "prometheus\n", ":$6$a$b\n", "prometheus:secret\n",
                           "prometheus:$6$\n#\nx:*0\n", "prometheus:$99$salt$hash\n"}) {
    const auto file = PasswordFile::parse(text);
    if (is_missing(file)) GTEST_SKIP() << file.error().message();
    ASSERT_FALSE(file) << text;
    EXPECT_EQ(file.error().code(), ErrorCode::kParse) << text;
  }
}

TEST(PasswordFile, ThatAnyoneMayReadIsRefused) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "users";
  std::ofstream(path) << kFile;
  namespace fs = std::filesystem;
  fs::permissions(path, fs::perms::owner_read | fs::perms::others_read);
  const auto open = PasswordFile::read(path);
  if (is_missing(open)) GTEST_SKIP() << open.error().message();
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().message().find("chmod 600"), std::string::npos);
  fs::permissions(path, fs::perms::owner_read);
  EXPECT_TRUE(PasswordFile::read(path));
}

}  // namespace
}  // namespace layerwatt
