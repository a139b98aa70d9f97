#include "monitor/http/password_file.h"

#include <crypt.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <memory>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/shell_word.h"

namespace layerwatt {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;
constexpr Duration kBetweenHashes = std::chrono::milliseconds(250);
/// Of no user: hashed against where there is none, so that the answer takes as long.
constexpr std::string_view kNobody = "$6$layerwatt$";

std::string hash_of(const std::string& password, const std::string& setting) {
  const auto room = std::make_unique<crypt_data>();
  const char* hash = ::crypt_r(password.c_str(), setting.c_str(), room.get());
  return hash == nullptr ? std::string() : std::string(hash);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned>(a[i] ^ other);
  }
  return difference == 0U;
}

/// A hash that crypt(3) can check: with "*0" or "*1" it says that it cannot.
bool is_known_hash(const std::string& hash) {
  const std::string again = hash_of("", hash);
  return hash.size() > 1 && hash.front() == '$' && !again.empty() && again.front() != '*';
}

}  // namespace

Result<PasswordFile> PasswordFile::parse(std::string_view text) {
  PasswordFile file;
  long line = 0;
  while (!text.empty()) {
    ++line;
    const std::size_t end = text.find('\n');
    std::string_view row = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    if (row.empty() || row.front() == '#') continue;
    const std::size_t colon = row.find(':');
    const auto wrong = [&](std::string_view what) {
      return Error(ErrorCode::kParse,
                   fmt::format("line {}: {}; write user:hash, as 'htpasswd -nB USER' prints it",
                               line, what));
    };
    if (colon == std::string_view::npos || colon == 0) return wrong("no user before a ':'");
    const std::string hash(row.substr(colon + 1));
    if (hash.find('\0') != std::string::npos || !is_known_hash(hash)) {
      return wrong("what follows is no hash of a password that crypt(5) knows");
    }
    file.hashes_[std::string(row.substr(0, colon))] = hash;
  }
  if (file.hashes_.empty()) return Error(ErrorCode::kParse, "there is no user in it");
  return file;
}

Result<PasswordFile> PasswordFile::read(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return error_from_errno(errno, "read the password file").at(path);
  }
  if ((status.st_mode & S_IRWXO) != 0) {
    return Error(ErrorCode::kPermissionDenied,
                 fmt::format("anyone may read this file of passwords: chmod 600 {}",
                             shell_word(path.string())))
        .at(path);
  }
  auto text = read_file(path, kLargestFile);
  if (!text) return std::move(text).error();
  auto file = parse(*text);
  if (!file) return std::move(file).error().at(path);
  return file;
}

bool PasswordFile::allows(std::string_view user, std::string_view password, Instant now) {
  const std::string both = std::string(user) + '\n' + std::string(password);
  if (!last_right_.empty() && equal_in_constant_time(both, last_right_)) return true;
  if (last_hashed_ && now - *last_hashed_ < kBetweenHashes) return false;
  last_hashed_ = now;
  const auto known = hashes_.find(user);
  const std::string setting = known == hashes_.end() ? std::string(kNobody) : known->second;
  const std::string hash = hash_of(std::string(password), setting);
  const bool right = known != hashes_.end() && equal_in_constant_time(hash, known->second);
  if (right) last_right_ = both;
  return right;
}

}  // namespace layerwatt
