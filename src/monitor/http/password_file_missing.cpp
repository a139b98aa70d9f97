#include "monitor/http/password_file.h"

namespace layerwatt {
namespace {

Error missing() {
  return Error(ErrorCode::kUnsupported,
               "this layerwatt was built without libcrypt, which checks passwords: install "
               "libcrypt-dev and build again");
}

}  // namespace

Result<PasswordFile> PasswordFile::parse(std::string_view /*text*/) { return missing(); }

Result<PasswordFile> PasswordFile::read(const std::filesystem::path& /*path*/) { return missing(); }

bool PasswordFile::allows(std::string_view /*user*/, std::string_view /*password*/,
                          Instant /*now*/) {
  return false;
}

}  // namespace layerwatt
