#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>

#include "layerwatt/versioning/dagshub.h"

#include "versioning/dagshub/dagshub_client.h"
#include "versioning/dvc/folder_scan.h"
#include "versioning/dvc/relative_path.h"
#include "versioning/workspace/parallel.h"

namespace layerwatt::versioning {
namespace {

// Of the public client (upload/wrapper.py, add_dir).
constexpr std::size_t kMostFiles = 100;
constexpr std::uint64_t kMostBytes = std::uint64_t{100} << 20;

using Batch = std::vector<DagsHubFile>;

Result<Batch> files_below(const std::filesystem::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return error_from_errno(errno, "find").at(folder);
  if (S_ISREG(status.st_mode)) {
    return Batch{{folder.filename().string(), folder, static_cast<std::uint64_t>(status.st_size)}};
  }
  const auto scan = scan_tree(folder);
  if (!scan) return scan.error();
  Batch files;
  for (const ScannedFile& file : scan->files) {
    files.push_back(
        {file.path, folder / file.path, static_cast<std::uint64_t>(file.status.st_size)});
  }
  if (!files.empty()) return files;
  return Error(ErrorCode::kInvalidArgument, "there is no file in this folder").at(folder);
}

/// A folder's own files together, the outermost folder first.
std::vector<Batch> batches_of(const Batch& files) {
  std::map<std::string, Batch> by_folder;
  for (const DagsHubFile& file : files) {
    const std::size_t slash = file.path.rfind('/');
    by_folder[slash == std::string::npos ? "" : file.path.substr(0, slash)].push_back(file);
  }
  std::vector<Batch> batches;
  for (const auto& [folder, own] : by_folder) {
    std::uint64_t bytes = 0;
    batches.emplace_back();
    for (const DagsHubFile& file : own) {
      if (batches.back().size() >= kMostFiles || bytes >= kMostBytes) {
        batches.emplace_back();
        bytes = 0;
      }
      batches.back().push_back(file);
      bytes += file.size;
    }
  }
  return batches;
}

Result<std::string> remote_folder(const DagsHubUpload& what) {
  std::string folder = what.remote_folder.value_or(what.local_folder.lexically_normal().string());
  if (!what.remote_folder && what.local_folder.is_absolute()) {
    folder = what.local_folder.filename().string();
  }
  while (folder.ends_with('/')) folder.pop_back();
  while (folder.starts_with("./")) folder.erase(0, 2);
  if (folder == ".") folder.clear();
  if (folder.empty()) return folder;
  if (auto safe = check_relative_path(folder); !safe) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' is no folder at DagsHub; name one with --remote-dir-path", folder));
  }
  return folder;
}

/// Sends one batch on top of what the branch ends at now; makes the branch where it is not there.
Result<bool> send(DagsHubClient& client, const DagsHubRepository& repository,
                  const DagsHubUpload& what, const std::string& folder, const Batch& batch) {
  const auto tip = client.branch_tip(repository.branch);
  if (!tip) return tip.error();
  DagsHubClient::Commit commit{what.commit_message, what.versioning, tip->value_or(""), {}};
  if (*tip) return client.put_files(repository.branch, folder, batch, commit);
  const auto base = client.default_branch();
  if (!base) return base.error();
  commit.new_branch = repository.branch;
  return client.put_files(*base, folder, batch, commit);
}

}  // namespace

Result<DagsHubRepository> dagshub_repository(const std::string& owner, const std::string& name,
                                             const std::string& branch) {
  if (owner.empty() || name.empty() || branch.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "whose repository, and which? Name both: --owner OWNER --name NAME");
  }
  const auto environment = [](const char* variable) -> std::string {
    const char* value = std::getenv(variable);
    return value == nullptr ? "" : value;
  };
  DagsHubRepository repository{owner, name, branch, environment("DAGSHUB_CLIENT_HOST"),
                               environment("DAGSHUB_USER_TOKEN")};
  if (repository.host.empty()) repository.host = "https://dagshub.com";
  while (repository.host.ends_with('/')) repository.host.pop_back();
  if (repository.token.empty() || repository.token.find_first_of("\r\n") != std::string::npos) {
    return Error(
        ErrorCode::kPermissionDenied,
        "no token for DagsHub: make one in its settings, and put it into the environment as "
        "DAGSHUB_USER_TOKEN");
  }
  return repository;
}

Result<DagsHubUploadReport> upload(const DagsHubRepository& repository, const DagsHubUpload& what,
                                   const Watch& watch) {
  const auto folder = remote_folder(what);
  if (!folder) return folder.error();
  const auto files = files_below(what.local_folder);
  if (!files) return files.error();
  Meter meter(watch);
  DagsHubUploadReport report;
  for (const DagsHubFile& file : *files) report.bytes += static_cast<std::int64_t>(file.size);
  meter.begin("Uploading", report.bytes);
  DagsHubClient client(repository, meter);
  for (const Batch& batch : batches_of(*files)) {
    if (meter.is_cancelled()) return stopped_by_a_person();
    const auto sent = send(client, repository, what, *folder, batch);
    if (!sent) return sent.error();
    ++(*sent ? report.commits : report.unchanged);
    for (const DagsHubFile& file : batch) meter.advance(static_cast<std::int64_t>(file.size));
  }
  report.files = static_cast<std::int64_t>(files->size());
  return report;
}

}  // namespace layerwatt::versioning
