#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

/// Users and the hashes of their passwords by crypt(5), as `htpasswd -B` and `openssl passwd -6`
/// write them: "user:$2y$…" a line; blank lines and lines that begin with # are skipped.
class PasswordFile {
 public:
  /// kParse with the line for anything else, and for a hash that crypt(3) does not know.
  static Result<PasswordFile> parse(std::string_view text);
  /// kPermissionDenied where anyone may read the file.
  static Result<PasswordFile> read(const std::filesystem::path& path);

  /// Whether that is the user's password. Takes as long for an unknown user as for a wrong
  /// password, and compares without regard to where they differ. Hashing takes tens of
  /// milliseconds, so what was right last is remembered, and wrong passwords are hashed at most
  /// four times a second: beyond that they are refused unseen.
  bool allows(std::string_view user, std::string_view password, Instant now);

 private:
  std::map<std::string, std::string, std::less<>> hashes_;
  std::string last_right_;
  std::optional<Instant> last_hashed_;
};

}  // namespace layerwatt
