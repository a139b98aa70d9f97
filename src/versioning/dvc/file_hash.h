#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/object_id.h"

#include "versioning/dvc/md5.h"

namespace layerwatt::versioning {

/// The name that DVC gives to a file's content, fed piece by piece.
/// DVC 2 decides for each MiB that it reads whether it is text (dvc/utils `file_md5`, `istextfile`
/// of DVC 2): no NUL and at most 30 % of the first 512 bytes outside printable ASCII and
/// \n\r\t\f\b.
class ContentHash {
 public:
  explicit ContentHash(HashKind kind) : kind_(kind) {}
  void update(std::string_view bytes);
  /// Once.
  std::string hex();

 private:
  void update_as_dvc_2(std::string_view chunk);
  HashKind kind_;
  Md5 md5_;
  /// Under kMd5Dos2Unix: what does not fill a MiB yet.
  std::string pending_;
};

struct HashedFile {
  std::string hex;
  std::uint64_t size = 0;
};

/// Reads a plain file whole. A descriptor is read from its beginning.
Result<HashedFile> hash_file(const std::filesystem::path& path, HashKind kind);
Result<HashedFile> hash_descriptor(int descriptor, HashKind kind);

}  // namespace layerwatt::versioning
