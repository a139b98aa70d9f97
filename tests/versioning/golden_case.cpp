#include "versioning/golden_case.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/json.h"

namespace layerwatt::versioning::testing {
namespace {

rapidjson::Document json_of(const std::filesystem::path& file) {
  auto document = read_json(file);
  if (!document) {
    ADD_FAILURE() << document.error().to_string();
    return rapidjson::Document(rapidjson::kObjectType);
  }
  return std::move(*document);
}

/// The contents of files that are described instead of held.
std::string generated(const std::string& name, const std::string& path) {
  const auto index = json_of(std::filesystem::path(LAYERWATT_TEST_DATA) / "dvc" / "INDEX.json");
  std::string content;
  for (const auto& part :
       index["cases"][name.c_str()]["generated_files"][path.c_str()].GetArray()) {
    const std::string bytes = from_base64(part["base64"].GetString());
    for (int i = 0; i < part["repeat"].GetInt(); ++i) content += bytes;
  }
  return content;
}

}  // namespace

std::string from_base64(const std::string& text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kDigits.find(c);
    if (value == std::string_view::npos) break;
    bits = (bits << 6) | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xFF);
  }
  return bytes;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::filesystem::path golden_folder(const std::string& name) {
  return std::filesystem::path(LAYERWATT_TEST_DATA) / "dvc" / name;
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder(""))) {
    const std::string name = entry.path().filename();
    if (entry.is_directory() && !name.starts_with("legacy")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

GoldenCase unpack_golden(const std::string& name, const std::filesystem::path& root) {
  const auto folder = golden_folder(name);
  const auto tree = json_of(folder / "tree.json");
  for (const auto& file : tree["files"].GetArray()) {
    const std::string path = file["path"].GetString();
    write_text(root / path, file.HasMember("base64") ? from_base64(file["base64"].GetString())
                                                     : generated(name, path));
    std::filesystem::permissions(root / path, std::filesystem::perms(0644));
  }
  for (const auto& made : tree["dirs"].GetArray()) {
    std::filesystem::create_directories(root / made.GetString());
  }
  for (const auto& path : tree["exec"].GetArray()) {
    std::filesystem::permissions(root / path.GetString(), std::filesystem::perms(0755));
  }
  GoldenCase golden;
  golden.target = tree["target"].GetString();
  golden.tracking_file = tree["dvc_file"].GetString();
  for (const auto& object : tree["cache_objects"].GetArray()) {
    golden.objects[object["path"].GetString()] = object["size"].GetInt64();
  }
  golden.out_dvc = text_of(folder / "out.dvc");
  if (std::filesystem::exists(folder / "manifest.dir.json")) {
    golden.manifest = text_of(folder / "manifest.dir.json");
  }
  golden.git_ignore = text_of(folder / "gitignore");
  return golden;
}

}  // namespace layerwatt::versioning::testing
