#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace layerwatt::versioning::testing {

/// One case of tests/data/dvc: a tree of files, and what DVC 3.64.0 made of it.
struct GoldenCase {
  std::string target;
  std::string tracking_file;
  /// Path below .dvc/cache to size.
  std::map<std::string, std::int64_t> objects;
  std::string out_dvc;
  std::string manifest;
  std::string git_ignore;
};

/// Names of the cases that `add` makes; those of DVC 2 are apart.
std::vector<std::string> golden_names();
/// Writes the case's tree into `root`.
GoldenCase unpack_golden(const std::string& name, const std::filesystem::path& root);
std::filesystem::path golden_folder(const std::string& name);

std::string text_of(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);
std::string from_base64(const std::string& text);

}  // namespace layerwatt::versioning::testing
