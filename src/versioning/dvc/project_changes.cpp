#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/nearest_name.h"
#include "layerwatt/versioning/project.h"

#include "versioning/dvc/config_text.h"
#include "versioning/dvc/git_program.h"

namespace layerwatt::versioning {
namespace {

// DVC refuses a configuration with keys that it does not know (dvc/config_schema.py).
constexpr std::array<std::string_view, 33> kOptions{"access_key_id",
                                                    "allow_anonymous_login",
                                                    "ask_password",
                                                    "auth",
                                                    "checksum_jobs",
                                                    "configpath",
                                                    "connect_timeout",
                                                    "credentialpath",
                                                    "custom_auth_header",
                                                    "endpointurl",
                                                    "gss_auth",
                                                    "jobs",
                                                    "keyfile",
                                                    "listobjects",
                                                    "method",
                                                    "password",
                                                    "port",
                                                    "profile",
                                                    "read_timeout",
                                                    "region",
                                                    "secret_access_key",
                                                    "session_token",
                                                    "shared_config_file",
                                                    "sse",
                                                    "sse_kms_key_id",
                                                    "ssl_verify",
                                                    "timeout",
                                                    "token",
                                                    "use_ssl",
                                                    "user",
                                                    "verify",
                                                    "version_aware",
                                                    "worktree"};
constexpr std::array<std::string_view, 6> kSecrets{"access_key_id", "password", "secret_access_key",
                                                   "session_token", "token",    "user"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<std::string> text_or_empty(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::string();
  return read_file(file, std::size_t{1} << 20);
}

/// A folder given relative to where the command runs, relative to the configuration.
std::string configured_url(const Project& project, const std::string& url) {
  if (url.find("://") != std::string::npos || url.starts_with('/') || url.starts_with("~")) {
    return url;
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(url, error);
  return absolute.lexically_normal().lexically_relative(project.dvc_folder()).string();
}

Result<void> check_remote(const Project& project, const NewRemote& remote) {
  const auto usage = [](std::string message) {
    return Error(ErrorCode::kInvalidArgument, std::move(message));
  };
  if (remote.name.empty() || remote.name.find_first_of("\"'[]\n\r=#") != std::string::npos) {
    return usage(
        fmt::format("'{}' is no name for a remote: letters, digits, '-' and '_' are", remote.name));
  }
  if (remote.url.empty() || remote.url.find_first_of("\n\r") != std::string::npos) {
    return usage("the remote's URL is empty or holds a line break");
  }
  if (project.remotes().contains(remote.name)) {
    return usage(
        fmt::format("there is a remote '{}' already; 'layerwatt data remote remove {}' "
                    "takes it away",
                    remote.name, remote.name));
  }
  for (const auto& [key, value] : remote.options) {
    if (!contains(kOptions, key)) {
      const auto near = nearest_name(key, kOptions);
      return usage(fmt::format("DVC knows no option '{}' of remotes{}", key,
                               near ? fmt::format("; do you mean '{}'?", *near) : ""));
    }
    if (value.find_first_of("\n\r") != std::string::npos) {
      return usage(fmt::format("the value of '{}' holds a line break", key));
    }
  }
  return {};
}

}  // namespace

Result<Project> Project::initialise(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder / ".dvc", error)) {
    return Error(ErrorCode::kInvalidArgument, "there is a DVC project already").at(folder);
  }
  std::filesystem::create_directory(folder / ".dvc", error);
  if (error) return error_from_errno(error.value(), "create the folder").at(folder / ".dvc");
  struct Made {
    const char* path;
    const char* text;
  };
  constexpr Made kFiles[] = {
      {".dvc/config", ""},
      {".dvc/.gitignore", "/config.local\n/tmp\n/cache\n"},
      {".dvcignore",
       "# Add patterns of files dvc should ignore, which could improve\n"
       "# the performance. Learn more at\n"
       "# https://dvc.org/doc/user-guide/dvcignore\n"},
  };
  for (const Made& made : kFiles) {
    if (std::filesystem::exists(folder / made.path, error)) continue;
    if (auto written = write_file_atomically(folder / made.path, made.text); !written) {
      return std::move(written).error();
    }
  }
  auto project = find(folder);
  if (project && project->is_git_repository()) {
    // Where there is no git program, the person stages them.
    (void)git(project->root(), {"add", "--", ".dvc/config", ".dvc/.gitignore", ".dvcignore"});
  }
  return project;
}

Result<void> add_remote(const Project& project, const NewRemote& remote) {
  if (auto checked = check_remote(project, remote); !checked) return checked;
  const auto shared_file = project.dvc_folder() / "config";
  const auto local_file = project.dvc_folder() / "config.local";
  auto shared = text_or_empty(shared_file);
  auto local = text_or_empty(local_file);
  if (!shared) return std::move(shared).error();
  if (!local) return std::move(local).error();
  const std::string section = remote_section(remote.name);
  std::string& open = remote.only_local ? *local : *shared;
  if (remote.make_default) open = with_config_value(open, "core", "remote", remote.name);
  open = with_config_value(open, section, "url", configured_url(project, remote.url));
  for (const auto& [key, value] : remote.options) {
    std::string& where = contains(kSecrets, key) ? *local : open;
    where = with_config_value(where, section, key, value);
  }
  // Secrets first: without them nothing is committed that would not work. Only their owner reads
  // them.
  if (!local->empty()) {
    const mode_t before = ::umask(0077);
    auto written = write_file_atomically(local_file, *local);
    ::umask(before);
    if (!written) return written;
  }
  return write_file_atomically(shared_file, *shared);
}

Result<void> remove_remote(const Project& project, std::string_view name) {
  bool found = false;
  for (const char* file : {"config", "config.local"}) {
    const auto path = project.dvc_folder() / file;
    auto text = text_or_empty(path);
    if (!text) return std::move(text).error();
    const auto sections = parse_config(*text);
    if (!sections) return sections.error();
    const bool has_section = sections->contains(remote_section(name));
    const auto core = sections->find("core");
    const bool is_default = core != sections->end() && core->second.contains("remote") &&
                            core->second.at("remote") == name;
    if (!has_section && !is_default) continue;
    found = found || has_section;
    std::string changed = without_config_section(*text, remote_section(name));
    if (is_default) changed = without_config_value(changed, "core", "remote");
    if (auto written = write_file_atomically(path, changed); !written) return written;
  }
  if (found) return {};
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("this project's configuration has no remote '{}'; 'layerwatt data remote "
                  "list' shows them",
                  name));
}

}  // namespace layerwatt::versioning
