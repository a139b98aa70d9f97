#include "experiment/campaign/yaml_reader.h"

#include <fmt/ranges.h>

#include "layerwatt/core/duration_text.h"
#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/numbers.h"

namespace layerwatt {

Error YamlReader::wrong(const YAML::Node& node, std::string message) const {
  return Error(ErrorCode::kInvalidArgument, std::move(message)).at(path_, line_of(node));
}

Error YamlReader::unknown(const YAML::Node& node, std::string_view key,
                          const std::vector<std::string_view>& known) const {
  const auto meant = nearest_name(key, known);
  return wrong(node, fmt::format("'{}' is not known here{}; known are {}", key,
                                 meant ? fmt::format(" (did you mean '{}'?)", *meant) : "",
                                 fmt::join(known, ", ")));
}

Result<std::string> YamlReader::text(const YAML::Node& node, std::string_view key) const {
  if (!node.IsScalar()) return wrong(node, fmt::format("{}: one value is expected here", key));
  return node.Scalar();
}

Result<std::vector<std::string>> YamlReader::texts(const YAML::Node& node,
                                                   std::string_view key) const {
  std::vector<std::string> values;
  if (node.IsScalar()) {
    values.push_back(node.Scalar());
    return values;
  }
  if (!node.IsSequence() || node.size() == 0) {
    return wrong(node, fmt::format("{}: a value or a list of values is expected here", key));
  }
  for (const YAML::Node& item : node) {
    auto value = text(item, key);
    if (!value) return std::move(value).error();
    values.push_back(*std::move(value));
  }
  return values;
}

Result<Duration> YamlReader::duration(const YAML::Node& node, std::string_view key) const {
  auto value = text(node, key);
  if (!value) return std::move(value).error();
  const auto parsed = parse_duration(*value);
  if (!parsed || *parsed <= Duration(0)) {
    return wrong(node,
                 fmt::format("{}: '{}' is no length of time; write 120, 90s or 2min", key, *value));
  }
  return *parsed;
}

Result<std::int64_t> YamlReader::whole(const YAML::Node& node, std::string_view key,
                                       std::int64_t least, std::int64_t most) const {
  auto value = text(node, key);
  if (!value) return std::move(value).error();
  const auto parsed = parse_int64(*value);
  if (!parsed || *parsed < least || *parsed > most) {
    return wrong(
        node, fmt::format("{}: '{}' is no whole number from {} to {}", key, *value, least, most));
  }
  return *parsed;
}

}  // namespace layerwatt
