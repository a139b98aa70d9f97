#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/observer.h"

namespace layerwatt::versioning {

/// A repository at DagsHub, and who asks.
struct DagsHubRepository {
  std::string owner;
  std::string name;
  std::string branch = "main";
  /// "https://dagshub.com", or DAGSHUB_CLIENT_HOST.
  std::string host;
  /// From DAGSHUB_USER_TOKEN; sent to the host alone, never printed, never kept in a file.
  std::string token;
};

/// Host and token from the environment. kInvalidArgument where owner or name is missing;
/// kPermissionDenied where there is no token, with where to get one.
Result<DagsHubRepository> dagshub_repository(const std::string& owner, const std::string& name,
                                             const std::string& branch);

struct DagsHubUpload {
  std::filesystem::path local_folder;
  /// At DagsHub; absent: as `local_folder` is given, or its name where that is absolute.
  std::optional<std::string> remote_folder;
  std::string commit_message;
  /// "dvc", "git" or "auto".
  std::string versioning = "dvc";
};

struct DagsHubUploadReport {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  std::int64_t commits = 0;
  /// Batches that the server had already.
  std::int64_t unchanged = 0;
};

/// Uploads a folder through DagsHub's REST interface, as its public client does: a commit a folder,
/// of at most 100 files or 100 MiB each. A branch that is not there is made. Links and other files
/// that `data add` refuses are refused before anything is sent.
Result<DagsHubUploadReport> upload(const DagsHubRepository& repository, const DagsHubUpload& what,
                                   const Watch& watch);

struct DagsHubDownload {
  std::string remote_folder;
  std::filesystem::path local_folder;
};

struct DagsHubDownloadReport {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  /// Of the size, and of the MD5 where the server names one, that the listing says.
  std::int64_t unchanged = 0;
};

/// Downloads a folder of a branch. Unlike the public client: files that differ are fetched again,
/// what fails is an error, and each file is written beside its place and renamed. Sizes, and MD5s
/// where the listing has them, are compared first. Paths that lead out of the folder are refused.
Result<DagsHubDownloadReport> download(const DagsHubRepository& repository,
                                       const DagsHubDownload& what, const Watch& watch);

}  // namespace layerwatt::versioning
