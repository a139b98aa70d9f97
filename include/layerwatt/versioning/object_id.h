#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace layerwatt::versioning {

/// How the name of an object was made.
enum class HashKind {
  kMd5,          ///< DVC 3: MD5 of the bytes
  kMd5Dos2Unix,  ///< DVC 2: MD5 of the bytes, with LF for CR LF in what looks like text
};

/// The name of an object in DVC's cache and remotes: 32 lower-case hexadecimal digits, followed by
/// ".dir" where the object is the list of a folder's files.
class ObjectId {
 public:
  /// nullopt for anything else.
  static std::optional<ObjectId> parse(std::string_view text);

  const std::string& text() const { return text_; }
  /// The 32 digits alone.
  std::string_view hex() const { return std::string_view(text_).substr(0, 32); }
  bool is_folder() const { return text_.size() > 32; }

  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;

 private:
  explicit ObjectId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// An object and where it stands: DVC 2 kept its objects a level higher.
struct ObjectKey {
  ObjectId id;
  HashKind hash = HashKind::kMd5;

  /// Below a cache's or remote's root: "files/md5/ab/cdef…", or "ab/cdef…" of DVC 2.
  std::string path() const;
  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

}  // namespace layerwatt::versioning
