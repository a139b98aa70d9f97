#include "versioning/dvc/file_hash.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "versioning/dvc/descriptor.h"

namespace layerwatt::versioning {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

bool looks_like_text(std::string_view chunk) {
  const std::string_view head = chunk.substr(0, 512);
  const auto is_text = [](char c) {
    return (c >= 32 && c <= 126) || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\b';
  };
  if (head.find('\0') != std::string_view::npos) return false;
  const auto others =
      head.size() - static_cast<std::size_t>(std::count_if(head.begin(), head.end(), is_text));
  return others * 10 <= head.size() * 3;
}

}  // namespace

void ContentHash::update(std::string_view bytes) {
  if (kind_ == HashKind::kMd5) {
    md5_.update(bytes);
    return;
  }
  while (!bytes.empty()) {
    const std::size_t taken = std::min(bytes.size(), kMebibyte - pending_.size());
    pending_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (pending_.size() < kMebibyte) return;
    update_as_dvc_2(pending_);
    pending_.clear();
  }
}

void ContentHash::update_as_dvc_2(std::string_view chunk) {
  if (!looks_like_text(chunk)) {
    md5_.update(chunk);
    return;
  }
  std::string text;
  text.reserve(chunk.size());
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    if (chunk[i] != '\r' || i + 1 == chunk.size() || chunk[i + 1] != '\n') text += chunk[i];
  }
  md5_.update(text);
}

std::string ContentHash::hex() {
  if (!pending_.empty()) update_as_dvc_2(pending_);
  pending_.clear();
  return md5_.hex();
}

Result<HashedFile> hash_descriptor(int descriptor, HashKind kind) {
  ContentHash hash(kind);
  std::vector<char> buffer(kMebibyte);
  HashedFile hashed;
  while (true) {
    const ssize_t got =
        ::pread(descriptor, buffer.data(), buffer.size(), static_cast<off_t>(hashed.size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error_from_errno(errno, "read the file");
    if (got == 0) break;
    hash.update({buffer.data(), static_cast<std::size_t>(got)});
    hashed.size += static_cast<std::uint64_t>(got);
  }
  hashed.hex = hash.hex();
  return hashed;
}

Result<HashedFile> hash_file(const std::filesystem::path& path, HashKind kind) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return error_from_errno(errno, "open the file").at(path);
  auto hashed = hash_descriptor(file.get(), kind);
  if (!hashed) return std::move(hashed).error().at(path);
  return hashed;
}

}  // namespace layerwatt::versioning
