#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt::versioning {

/// A remote of the configuration, from all its levels: system, user, project, `config.local`.
struct RemoteSettings {
  std::string name;
  /// As configured; a folder is absolute, or relative to the process's own folder.
  std::string url;
  /// All other keys (`endpointurl`, `user`, …) in lower case. Secrets stand here: never print them.
  std::map<std::string, std::string> options;

  /// The value of an option; nullopt where it is absent or empty.
  std::optional<std::string> option(std::string_view key) const;
};

/// A folder with `.dvc/` in it: what DVC calls a repository.
class Project {
 public:
  /// The project that `from` is in: `from` itself or the nearest folder above that has a `.dvc/`.
  static Result<Project> find(const std::filesystem::path& from);
  /// Makes `folder` a project as `dvc init` does: `.dvc/config`, `.dvc/.gitignore`, `.dvcignore`.
  /// In a git repository these three are staged. A project that is there already is left as it is
  /// (kInvalidArgument).
  static Result<Project> initialise(const std::filesystem::path& folder);

  /// Absolute.
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path dvc_folder() const { return root_ / ".dvc"; }
  /// What is ours alone, and may be deleted at any time.
  std::filesystem::path scratch_folder() const { return dvc_folder() / "tmp" / "layerwatt"; }
  /// The root of the cache, which `files/md5/` stands in (`cache.dir`, else `.dvc/cache`).
  const std::filesystem::path& cache_folder() const { return cache_folder_; }
  /// Whether cached files are for a group (`cache.shared = group`).
  bool is_cache_shared() const { return is_cache_shared_; }
  bool is_git_repository() const;

  /// By name.
  const std::map<std::string, RemoteSettings>& remotes() const { return remotes_; }
  const std::optional<std::string>& default_remote() const { return default_remote_; }
  /// The one named, or the default, or the only one; kInvalidArgument with what to type otherwise.
  Result<RemoteSettings> remote(const std::optional<std::string>& name) const;

 private:
  Project() = default;
  Result<void> read_configuration();
  Result<void> read_level(const std::filesystem::path& file);

  std::filesystem::path root_;
  std::filesystem::path cache_folder_;
  bool is_cache_shared_ = false;
  std::map<std::string, RemoteSettings> remotes_;
  std::optional<std::string> default_remote_;
};

/// Adds a remote to `.dvc/config`, and what is secret among `options` (password, access keys, …) to
/// `.dvc/config.local`, which git does not keep; with `only_local` all of it. A folder given
/// relative to the process's own is kept relative to the configuration's. kInvalidArgument where
/// the name is taken or an option is none of DVC's.
struct NewRemote {
  std::string name;
  std::string url;
  std::map<std::string, std::string> options;
  bool make_default = false;
  bool only_local = false;
};
Result<void> add_remote(const Project& project, const NewRemote& remote);
/// Out of `.dvc/config` and `.dvc/config.local`; also as the default. What it holds stays there.
Result<void> remove_remote(const Project& project, std::string_view name);

/// `url` without user and password, to be shown.
std::string url_without_secrets(std::string_view url);

}  // namespace layerwatt::versioning
