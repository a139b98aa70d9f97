#include <fmt/format.h>

#include <array>

#include "versioning/http/url.h"
#include "versioning/remotes/remote.h"

namespace layerwatt::versioning {
namespace {

constexpr std::array<RemoteKind, 15> kKinds{{
    {"", open_folder_remote, ""},
    {"file", open_folder_remote, ""},
    {"http", open_http_remote, ""},
    {"https", open_http_remote, ""},
    {"s3", open_s3_remote, ""},
    {"ssh", nullptr, "ssh"},
    {"gs", nullptr, "gs"},
    {"azure", nullptr, "azure"},
    {"gdrive", nullptr, "gdrive"},
    {"hdfs", nullptr, "hdfs"},
    {"webhdfs", nullptr, "webhdfs"},
    {"webdav", nullptr, "webdav"},
    {"webdavs", nullptr, "webdav"},
    {"oss", nullptr, "oss"},
    {"remote", nullptr, "all"},
}};

}  // namespace

Result<const RemoteKind*> remote_kind(const RemoteSettings& settings) {
  const std::size_t mark = settings.url.find("://");
  const std::string scheme = mark == std::string::npos ? "" : settings.url.substr(0, mark);
  for (const RemoteKind& kind : kKinds) {
    if (kind.scheme == scheme) return &kind;
  }
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("the remote '{}' begins with '{}://', which neither layerwatt nor DVC knows; "
                  "a folder, http(s):// and s3:// work here, ssh, gs, azure and others "
                  "through a DVC on PATH",
                  settings.name, scheme));
}

}  // namespace layerwatt::versioning
