#include "layerwatt/versioning/project.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/nearest_name.h"

#include "versioning/dvc/config_text.h"

namespace layerwatt::versioning {
namespace {

constexpr std::string_view kRemotePrefix = "remote \"";

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

/// As platformdirs, which DVC asks, has them.
std::vector<std::filesystem::path> levels_above() {
  const std::string home = environment("HOME", "/nonexistent");
  const std::string user = environment("XDG_CONFIG_HOME", home + "/.config") + "/dvc";
  const std::string all = environment("XDG_CONFIG_DIRS", "/etc/xdg");
  const std::string system = all.substr(0, all.find(':')) + "/dvc";
  return {std::filesystem::path(environment("DVC_SYSTEM_CONFIG_DIR", system)) / "config",
          std::filesystem::path(environment("DVC_GLOBAL_CONFIG_DIR", user)) / "config"};
}

std::optional<std::string> remote_name(std::string_view section) {
  if (!section.starts_with(kRemotePrefix) || !section.ends_with('"')) return std::nullopt;
  section.remove_prefix(kRemotePrefix.size());
  section.remove_suffix(1);
  return section.empty() ? std::nullopt : std::optional(std::string(section));
}

/// A URL without a scheme is a folder, relative to the file that names it.
std::string resolved_url(const std::string& url, const std::filesystem::path& file) {
  if (url.find("://") != std::string::npos || url.starts_with('/')) return url;
  if (url.starts_with("~/")) return environment("HOME", "") + url.substr(1);
  return (file.parent_path() / url).lexically_normal().string();
}

}  // namespace

std::optional<std::string> RemoteSettings::option(std::string_view key) const {
  const auto found = options.find(std::string(key));
  if (found == options.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

Result<Project> Project::find(const std::filesystem::path& from) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::canonical(from, error);
  if (error) return error_from_errno(error.value(), "find the folder").at(from);
  while (!std::filesystem::is_directory(folder / ".dvc", error)) {
    if (folder == folder.parent_path()) {
      return Error(
          ErrorCode::kNotFound,
          fmt::format("neither '{}' nor a folder above it is a DVC project (none has .dvc/); "
                      "run 'layerwatt data init' in the folder that your data are in",
                      std::filesystem::absolute(from, error).lexically_normal().string()));
    }
    folder = folder.parent_path();
  }
  Project project;
  project.root_ = folder;
  if (auto read = project.read_configuration(); !read) return std::move(read).error();
  return project;
}

Result<void> Project::read_configuration() {
  cache_folder_ = dvc_folder() / "cache";
  std::vector<std::filesystem::path> files = levels_above();
  files.push_back(dvc_folder() / "config");
  files.push_back(dvc_folder() / "config.local");
  for (const auto& file : files) {
    if (auto read = read_level(file); !read) return read;
  }
  return {};
}

Result<void> Project::read_level(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return {};
  const auto text = read_file(file, std::size_t{1} << 20);
  if (!text) return text.error();
  const auto sections = parse_config(*text);
  if (!sections)
    return Error(ErrorCode::kParse, sections.error().message()).at(file, sections.error().line());
  for (const auto& [section, values] : *sections) {
    for (const auto& [key, value] : values) {
      if (section == "core" && key == "remote") default_remote_ = value;
      if (section == "cache" && key == "dir") {
        cache_folder_ = (file.parent_path() / value).lexically_normal();
      }
      if (section == "cache" && key == "shared") is_cache_shared_ = value == "group";
      const auto name = remote_name(section);
      if (!name) continue;
      RemoteSettings& remote = remotes_[*name];
      remote.name = *name;
      if (key == "url") {
        remote.url = resolved_url(value, file);
      } else {
        remote.options[key] = value;
      }
    }
  }
  return {};
}

bool Project::is_git_repository() const {
  std::error_code error;
  return std::filesystem::exists(root_ / ".git", error);
}

Result<RemoteSettings> Project::remote(const std::optional<std::string>& name) const {
  if (remotes_.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "this project has no remote to keep data at; add one with 'layerwatt data remote "
                 "add NAME URL --default'");
  }
  std::string wanted = name.value_or(default_remote_.value_or(""));
  if (wanted.empty() && remotes_.size() == 1) wanted = remotes_.begin()->first;
  std::vector<std::string_view> known;
  for (const auto& [key, remote] : remotes_) known.push_back(key);
  if (wanted.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("no remote is the default; choose one with --remote: {}",
                             fmt::join(known, ", ")));
  }
  const auto found = remotes_.find(wanted);
  if (found == remotes_.end() || found->second.url.empty()) {
    const auto near = nearest_name(wanted, known);
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("there is no remote '{}'{}; known are {}", wanted,
                             near ? fmt::format(" (do you mean '{}'?)", *near) : "",
                             fmt::join(known, ", ")));
  }
  return found->second;
}

std::string url_without_secrets(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t host = scheme + 3;
  const std::size_t end = std::min(url.find('/', host), url.size());
  const std::size_t at = url.substr(host, end - host).rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  return fmt::format("{}…@{}", url.substr(0, host), url.substr(host + at + 1));
}

}  // namespace layerwatt::versioning
