#include "layerwatt/recording/region_marks.h"

#include "core/utf8.h"

namespace layerwatt {
namespace {

constexpr std::size_t kLongestName = 124;

/// What can stand in a table and in JSON: no control characters, whole characters of UTF-8 only.
std::string readable(std::string_view name) {
  const std::string valid = valid_utf8(name);
  std::string text;
  for (std::size_t i = 0; i < valid.size();) {
    const std::size_t length = utf8_sequence(std::string_view(valid).substr(i));
    if (text.size() + length > kLongestName) break;
    const bool is_control = length == 1 && (valid[i] < ' ' || valid[i] == '\x7F');
    text += is_control ? std::string(1, ' ') : valid.substr(i, length);
    i += length;
  }
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "(no name)";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::uint32_t RegionMarks::index_of(std::string_view name) {
  if (const auto found = known_.find(name); found != known_.end()) return found->second;
  std::string text = readable(name);
  if (names.size() >= kMostRegions - 1) text = kOtherRegions;
  auto found = known_.find(text);
  if (found == known_.end()) {
    found = known_.emplace(text, static_cast<std::uint32_t>(names.size())).first;
    names.push_back(text);
  }
  return found->second;
}

}  // namespace layerwatt
