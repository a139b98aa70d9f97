#pragma once

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// Reads values of a YAML document and carries the file's name and the line into every error.
/// yaml-cpp throws on a node of another kind than asked for, so kinds are asked before values.
class YamlReader {
 public:
  explicit YamlReader(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  /// 1-based.
  static long line_of(const YAML::Node& node) { return node.Mark().line + 1; }

  Error wrong(const YAML::Node& node, std::string message) const;
  /// "'x' is not known here (did you mean 'y'?); known are …".
  Error unknown(const YAML::Node& node, std::string_view key,
                const std::vector<std::string_view>& known) const;

  Result<std::string> text(const YAML::Node& node, std::string_view key) const;
  /// A value, or a list of values.
  Result<std::vector<std::string>> texts(const YAML::Node& node, std::string_view key) const;
  /// Longer than 0.
  Result<Duration> duration(const YAML::Node& node, std::string_view key) const;
  Result<std::int64_t> whole(const YAML::Node& node, std::string_view key, std::int64_t least,
                             std::int64_t most) const;

  /// Calls `take(key, node of the key, value)` for each member. Keys are text and come once.
  template <class Take>
  Result<void> members(const YAML::Node& node, std::string_view what, Take&& take) const {
    if (!node.IsMap()) return wrong(node, fmt::format("{}: 'key: value' lines are expected", what));
    std::set<std::string> seen;
    for (const auto& member : node) {
      if (!member.first.IsScalar()) return wrong(member.first, "a key must be a word");
      const std::string key = member.first.Scalar();
      if (!seen.insert(key).second) {
        return wrong(member.first, fmt::format("'{}' is given twice", key));
      }
      if (auto taken = take(key, member.first, member.second); !taken) return taken;
    }
    return {};
  }

 private:
  std::filesystem::path path_;
};

}  // namespace layerwatt
