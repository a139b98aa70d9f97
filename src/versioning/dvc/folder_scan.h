#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/project.h"

namespace layerwatt::versioning {

struct ScannedFile {
  /// Below the scanned folder, with '/'; UTF-8.
  std::string path;
  struct stat status;
};

struct FolderScan {
  /// By path, in the order of bytes.
  std::vector<ScannedFile> files;
  /// Symbolic links to folders, which DVC leaves out.
  std::vector<std::string> left_out;
};

/// The files of a folder that DVC tracks (dvc-data hashfile/build.py): all regular ones, those that
/// links inside the folder lead to, without what `.dvcignore` files above it name. Refused, with
/// the path: links that lead out of the folder or nowhere, pipes and devices, names that are no
/// UTF-8, a
/// `.dvcignore` inside, and folders that cannot be read.
Result<FolderScan> scan_folder(const Project& project, const std::filesystem::path& folder);
/// The same outside a project, where no `.dvcignore` counts.
Result<FolderScan> scan_tree(const std::filesystem::path& folder);

}  // namespace layerwatt::versioning
