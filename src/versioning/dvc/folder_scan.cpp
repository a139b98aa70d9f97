#include "versioning/dvc/folder_scan.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "versioning/dvc/ignore_patterns.h"
#include "versioning/dvc/relative_path.h"

namespace layerwatt::versioning {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

Error refused(const std::filesystem::path& path, std::string_view why) {
  return Error(ErrorCode::kUnsupported, std::string(why)).at(path);
}

class Scanner {
 public:
  Scanner(std::filesystem::path root, const IgnoreRules& rules)
      : root_(std::move(root)), rules_(rules) {}

  Result<void> scan(const std::filesystem::path& folder, const std::string& below) {
    const std::unique_ptr<DIR, CloseFolder> stream(::opendir(folder.c_str()));
    if (!stream) return error_from_errno(errno, "read the folder").at(folder);
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (auto taken = take(folder / name, below + name); !taken) return taken;
    }
    return {};
  }

  FolderScan scan_;

 private:
  Result<void> take(const std::filesystem::path& path, const std::string& below) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return error_from_errno(errno, "read").at(path);
    if (rules_.ignores(path, S_ISDIR(status.st_mode))) return {};
    if (!is_utf8(below)) {
      return refused(path, "the name is no UTF-8, which DVC's lists need; rename it");
    }
    if (path.filename() == ".dvcignore") {
      return refused(path,
                     "DVC allows no .dvcignore inside what it tracks; move it to a folder above");
    }
    if (S_ISDIR(status.st_mode)) return scan(path, below + '/');
    if (S_ISLNK(status.st_mode)) return follow(path, below);
    if (!S_ISREG(status.st_mode)) {
      return refused(path,
                     "neither file nor folder (a pipe, socket or device): DVC cannot keep it; "
                     "move it elsewhere, or name it in .dvcignore");
    }
    scan_.files.push_back({below, status});
    return {};
  }

  Result<void> follow(const std::filesystem::path& path, const std::string& below) {
    std::error_code error;
    const auto target = std::filesystem::canonical(path, error);
    if (error) {
      return refused(path, "the symbolic link leads nowhere; remove it or make its file");
    }
    if (!target.native().starts_with(root_.native() + '/')) {
      return refused(path,
                     fmt::format("the symbolic link leads out of the folder, to '{}'; copy what "
                                 "it leads to, or name the link in .dvcignore",
                                 target.string()));
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return error_from_errno(errno, "read").at(path);
    if (S_ISDIR(status.st_mode)) {
      scan_.left_out.push_back(below);
    } else if (S_ISREG(status.st_mode)) {
      scan_.files.push_back({below, status});
    } else {
      return refused(path, "the symbolic link leads to a pipe, socket or device");
    }
    return {};
  }

  std::filesystem::path root_;
  const IgnoreRules& rules_;
};

}  // namespace

namespace {

Result<FolderScan> scan_with(const IgnoreRules& rules, const std::filesystem::path& folder) {
  std::error_code error;
  Scanner scanner(std::filesystem::canonical(folder, error), rules);
  if (error) return error_from_errno(error.value(), "read the folder").at(folder);
  if (auto scanned = scanner.scan(folder, ""); !scanned) return std::move(scanned).error();
  auto& files = scanner.scan_.files;
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return std::move(scanner.scan_);
}

}  // namespace

Result<FolderScan> scan_folder(const Project& project, const std::filesystem::path& folder) {
  const auto rules = IgnoreRules::read(project.root(), folder.parent_path());
  if (!rules) return rules.error();
  return scan_with(*rules, folder);
}

Result<FolderScan> scan_tree(const std::filesystem::path& folder) {
  return scan_with(IgnoreRules(), folder);
}

}  // namespace layerwatt::versioning
