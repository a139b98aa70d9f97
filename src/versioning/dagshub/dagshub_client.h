#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/dagshub.h"

#include "versioning/http/http_connection.h"

namespace layerwatt::versioning {

/// One file of an upload.
struct DagsHubFile {
  /// Below the uploaded folder, with '/'.
  std::string path;
  std::filesystem::path local;
  std::uint64_t size = 0;
};

/// A row of a listing.
struct DagsHubEntry {
  std::string path;
  bool is_file = false;
  std::optional<std::uint64_t> size;
  /// Where it is an MD5; of folders under DVC it is that of their list.
  std::string hash;
  std::string download_url;
};

/// The calls of DagsHub's REST interface that upload and download need, as the public client
/// (dagshub 0.7.3: upload/wrapper.py, common/api/repo.py) makes them. The server itself was never
/// reached.
class DagsHubClient {
 public:
  DagsHubClient(const DagsHubRepository& repository, const Meter& meter);

  /// The commit that a branch ends at; nullopt where there is no such branch.
  Result<std::optional<std::string>> branch_tip(const std::string& branch);
  Result<std::string> default_branch();

  struct Commit {
    std::string summary;
    std::string versioning;
    /// What the branch ended at.
    std::string last_commit;
    /// Where the branch is to be made, beginning at `branch`.
    std::optional<std::string> new_branch;
  };
  /// One commit of some files. False: the server had them all, as they are.
  Result<bool> put_files(const std::string& branch, const std::string& folder,
                         const std::vector<DagsHubFile>& files, const Commit& commit);

  /// The rows of a folder; of a file its own. kNotFound where there is none.
  Result<std::vector<DagsHubEntry>> list(const std::string& path);

  /// GET of one file, with the token where the URL is the host's own.
  HttpRequest file_request(const DagsHubEntry& entry) const;
  /// What an answer that is no success means.
  Error refused(const HttpAnswer& answer, const std::string& what) const;
  HttpConnection& connection() { return connection_; }

 private:
  HttpRequest request(const std::string& method, const std::string& path) const;

  const DagsHubRepository& repository_;
  HttpConnection connection_;
};

}  // namespace layerwatt::versioning
