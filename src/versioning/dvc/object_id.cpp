#include "layerwatt/versioning/object_id.h"

#include <algorithm>

namespace layerwatt::versioning {

std::optional<ObjectId> ObjectId::parse(std::string_view text) {
  constexpr std::size_t kDigits = 32;
  const std::string_view hex = text.substr(0, kDigits);
  const std::string_view rest = text.substr(hex.size());
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (hex.size() != kDigits || !std::all_of(hex.begin(), hex.end(), is_digit)) return std::nullopt;
  if (!rest.empty() && rest != ".dir") return std::nullopt;
  return ObjectId(std::string(text));
}

std::string ObjectKey::path() const {
  const std::string root = hash == HashKind::kMd5 ? "files/md5/" : "";
  return root + id.text().substr(0, 2) + '/' + id.text().substr(2);
}

}  // namespace layerwatt::versioning
