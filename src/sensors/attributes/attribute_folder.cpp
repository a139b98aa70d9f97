#include "sensors/attributes/attribute_folder.h"

#include <algorithm>
#include <array>

#include "sensors/attributes/attribute_text.h"
#include "sensors/file_calls.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The digits at the front, without leading zeros.
std::string_view take_number(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  return number;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view left = take_number(a);
      const std::string_view right = take_number(b);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
      continue;
    }
    if (a.front() != b.front()) return a.front() < b.front();
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.size() != b.size()) return a.size() < b.size();
  return whole_a < whole_b;
}

AttributeFolder::AttributeFolder(SystemRoot root, fs::path path)
    : root_(std::move(root)), path_(std::move(path)) {}

fs::path AttributeFolder::whole_path(std::string_view attribute) const {
  return root_.path / path_ / attribute;
}

bool AttributeFolder::has(std::string_view attribute) const {
  std::error_code error;
  return fs::exists(whole_path(attribute), error);
}

Result<std::string> AttributeFolder::read(std::string_view attribute) const {
  const FileCalls& calls = root_.calls != nullptr ? *root_.calls : FileCalls::system();
  const fs::path path = whole_path(attribute);
  const int descriptor = calls.open(path.c_str());
  if (descriptor < 0) return error_from_errno(-descriptor, "open the attribute").at(path);
  std::array<char, 4096> buffer;
  const long got = calls.read(descriptor, buffer.data(), buffer.size());
  calls.close(descriptor);
  if (got < 0) return error_from_errno(static_cast<int>(-got), "read the attribute").at(path);
  return std::string(trimmed_attribute({buffer.data(), static_cast<std::size_t>(got)}));
}

std::optional<std::string> AttributeFolder::text(std::string_view attribute) const {
  auto content = read(attribute);
  if (!content || content->empty()) return std::nullopt;
  return *std::move(content);
}

std::optional<std::int64_t> AttributeFolder::number(std::string_view attribute) const {
  const auto content = text(attribute);
  return content ? parse_attribute_number(*content) : std::nullopt;
}

Result<AttributeFile> AttributeFolder::open(std::string_view attribute) const {
  return AttributeFile::open(root_, path_ / attribute);
}

std::optional<std::string> AttributeFolder::link_name(std::string_view attribute) const {
  std::error_code error;
  const fs::path target = fs::read_symlink(whole_path(attribute), error);
  if (error || target.filename().empty()) return std::nullopt;
  return target.filename().string();
}

AttributeFolder AttributeFolder::sub(std::string_view folder) const {
  return AttributeFolder(root_, path_ / folder);
}

std::vector<std::string> AttributeFolder::entries() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(root_.path / path_, error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end(),
            [](const std::string& a, const std::string& b) { return natural_less(a, b); });
  return names;
}

std::vector<AttributeFolder> AttributeFolder::folders(std::string_view prefix) const {
  std::vector<AttributeFolder> found;
  for (const std::string& name : entries()) {
    std::error_code error;
    if (!name.starts_with(prefix) || !fs::is_directory(whole_path(name), error)) continue;
    found.push_back(sub(name));
  }
  return found;
}

}  // namespace layerwatt
