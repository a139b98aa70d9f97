#include "layerwatt/experiment/campaign_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <glob.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/nearest_name.h"
#include "layerwatt/models/architecture.h"

#include "experiment/campaign/campaign_keys.h"
#include "experiment/campaign/yaml_reader.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kMostRepeats = 10'000;

constexpr std::array<std::string_view, 5> kActions = {"map", "report", "training-data", "data-push",
                                                      "run"};

std::vector<std::string_view> known_keys(std::initializer_list<std::string_view> more) {
  std::vector<std::string_view> known(more);
  for (const CampaignKey& key : campaign_keys()) known.push_back(key.name);
  return known;
}

Result<CampaignOption> read_option(const YamlReader& reader, const CampaignKey& key,
                                   const YAML::Node& node) {
  auto values = reader.texts(node, key.name);
  if (!values) return std::move(values).error();
  if (key.is_flag &&
      (values->size() != 1 || (values->front() != "true" && values->front() != "false"))) {
    return reader.wrong(node, fmt::format("{}: true or false is expected", key.name));
  }
  return CampaignOption{std::string(key.name), *std::move(values), YamlReader::line_of(node)};
}

Result<CampaignSetting> read_setting(const YamlReader& reader, const YAML::Node& node) {
  CampaignSetting setting;
  setting.line = YamlReader::line_of(node);
  auto read = reader.members(
      node, "a setting",
      [&](const std::string& name, const YAML::Node& at, const YAML::Node& value) -> Result<void> {
        if (name == "name" || name == "power-mode") {
          auto text = reader.text(value, name);
          if (!text) return std::move(text).error();
          if (name == "name") {
            setting.name = *text;
          } else {
            setting.power_mode = *text;
          }
          return {};
        }
        const CampaignKey* key = find_campaign_key(name);
        if (key == nullptr) return reader.unknown(at, name, known_keys({"name", "power-mode"}));
        auto option = read_option(reader, *key, value);
        if (!option) return std::move(option).error();
        setting.options.push_back(*std::move(option));
        return {};
      });
  if (!read) return std::move(read).error();
  return setting;
}

/// Files that match, in order of their names.
std::vector<std::string> matches_of(const fs::path& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return paths;
}

/// A built-in name, a file, or what a glob names, as networks of their own.
Result<void> add_network(const YamlReader& reader, const YAML::Node& at, CampaignNetwork network,
                         Campaign& campaign) {
  const std::string& model = network.model;
  if (find_architecture(model) != nullptr) {
    campaign.networks.push_back(std::move(network));
    return {};
  }
  const fs::path place = reader.path().parent_path() / model;
  if (model.find_first_of("*?[") != std::string::npos) {
    const std::vector<std::string> paths = matches_of(place);
    if (paths.empty()) {
      return reader.wrong(at, fmt::format("no file matches {}", place.string()));
    }
    for (const std::string& path : paths) {
      network.model = path;
      campaign.networks.push_back(network);
    }
    return {};
  }
  std::error_code error;
  // A folder is a recorded run, for the engine replay.
  if (!fs::exists(place, error)) {
    std::vector<std::string_view> names;
    for (const Architecture& row : architecture_table()) names.push_back(row.name);
    const auto meant = nearest_name(model, names);
    return reader.wrong(
        at, fmt::format("'{}' is neither a built-in network{} nor a file ({})", model,
                        meant ? fmt::format(" (did you mean '{}'?)", *meant) : "", place.string()));
  }
  network.model = place.string();
  campaign.networks.push_back(std::move(network));
  return {};
}

Result<void> read_network(const YamlReader& reader, const YAML::Node& node, Campaign& campaign) {
  CampaignNetwork network;
  network.line = YamlReader::line_of(node);
  if (node.IsScalar()) {
    network.model = node.Scalar();
    return add_network(reader, node, std::move(network), campaign);
  }
  auto read = reader.members(
      node, "a network",
      [&](const std::string& name, const YAML::Node& at, const YAML::Node& value) -> Result<void> {
        if (name == "model") {
          auto text = reader.text(value, name);
          if (!text) return std::move(text).error();
          network.model = *text;
          return {};
        }
        const CampaignKey* key = find_campaign_key(name);
        if (key == nullptr) return reader.unknown(at, name, known_keys({"model"}));
        auto option = read_option(reader, *key, value);
        if (!option) return std::move(option).error();
        network.options.push_back(*std::move(option));
        return {};
      });
  if (!read) return read;
  if (network.model.empty()) return reader.wrong(node, "a network needs 'model: NAME or FILE'");
  return add_network(reader, node, std::move(network), campaign);
}

Result<CampaignRest> read_rest(const YamlReader& reader, const YAML::Node& node) {
  CampaignRest rest;
  if (node.IsScalar()) {
    auto time = reader.duration(node, "rest");
    if (!time) return std::move(time).error();
    rest.at_most = *time;
    return rest;
  }
  auto read = reader.members(
      node, "rest",
      [&](const std::string& name, const YAML::Node& at, const YAML::Node& value) -> Result<void> {
        if (name == "at-most") {
          auto time = reader.duration(value, name);
          if (!time) return std::move(time).error();
          rest.at_most = *time;
          return {};
        }
        auto text = reader.text(value, name);
        if (!text) return std::move(text).error();
        if (name == "until") {
          if (*text == "time") {
            rest.until = CampaignRest::Until::kTime;
          } else if (*text == "temperature") {
            rest.until = CampaignRest::Until::kTemperature;
          } else if (*text == "idle-power") {
            rest.until = CampaignRest::Until::kIdlePower;
          } else {
            return reader.unknown(value, *text, {"time", "temperature", "idle-power"});
          }
          return {};
        }
        if (name == "when") {
          if (*text != "each" && *text != "start") {
            return reader.unknown(value, *text, {"each", "start"});
          }
          rest.each = *text == "each";
          return {};
        }
        return reader.unknown(at, name, {"until", "at-most", "when"});
      });
  if (!read) return std::move(read).error();
  return rest;
}

Result<void> read_idle(const YamlReader& reader, const YAML::Node& node, Campaign& campaign) {
  if (node.IsScalar()) {
    auto time = reader.duration(node, "idle");
    if (!time) return std::move(time).error();
    campaign.idle = *time;
    return {};
  }
  return reader.members(
      node, "idle",
      [&](const std::string& name, const YAML::Node& at, const YAML::Node& value) -> Result<void> {
        if (name != "duration" && name != "between") {
          return reader.unknown(at, name, {"duration", "between"});
        }
        auto time = reader.duration(value, name);
        if (!time) return std::move(time).error();
        (name == "duration" ? campaign.idle : campaign.idle_between) = *time;
        return {};
      });
}

Result<CampaignAfter> read_after(const YamlReader& reader, const YAML::Node& node) {
  CampaignAfter after;
  after.line = YamlReader::line_of(node);
  const auto check = [&](const YAML::Node& at) -> Result<void> {
    if (std::find(kActions.begin(), kActions.end(), after.action) != kActions.end()) return {};
    return reader.unknown(at, after.action, {kActions.begin(), kActions.end()});
  };
  if (node.IsScalar()) {
    after.action = node.Scalar();
    if (auto known = check(node); !known) return std::move(known).error();
    if (after.action == "run") return reader.wrong(node, "write 'run: COMMAND'");
    return after;
  }
  if (!node.IsMap() || node.size() != 1) {
    return reader.wrong(node, "one action is expected a line, as in '- map: {method: solve}'");
  }
  const YAML::Node at = node.begin()->first;
  const YAML::Node value = node.begin()->second;
  auto action = reader.text(at, "after");
  if (!action) return std::move(action).error();
  after.action = *action;
  if (auto known = check(at); !known) return std::move(known).error();
  if (after.action == "run") {
    auto command = reader.text(value, "run");
    if (!command) return std::move(command).error();
    after.options.push_back({"command", {*command}, YamlReader::line_of(value)});
    return after;
  }
  if (value.IsNull()) return after;
  auto read = reader.members(
      value, after.action,
      [&](const std::string& name, const YAML::Node&, const YAML::Node& v) -> Result<void> {
        auto values = reader.texts(v, name);
        if (!values) return std::move(values).error();
        after.options.push_back({name, *std::move(values), YamlReader::line_of(v)});
        return {};
      });
  if (!read) return std::move(read).error();
  return after;
}

/// The members whose value is a list.
Result<void> read_list(const YamlReader& reader, const std::string& name, const YAML::Node& value,
                       Campaign& campaign) {
  if (!value.IsSequence() || value.size() == 0) {
    return reader.wrong(value, fmt::format("{}: a list is expected, a '- ' a line", name));
  }
  for (const YAML::Node& item : value) {
    if (name == "networks") {
      if (auto read = read_network(reader, item, campaign); !read) return read;
    } else if (name == "settings") {
      auto setting = read_setting(reader, item);
      if (!setting) return std::move(setting).error();
      campaign.settings.push_back(*std::move(setting));
    } else {
      auto after = read_after(reader, item);
      if (!after) return std::move(after).error();
      campaign.after.push_back(*std::move(after));
    }
  }
  return {};
}

Result<void> read_numbers(const YamlReader& reader, const std::string& name,
                          const YAML::Node& value, Campaign& campaign) {
  auto number = name == "seed"
                    ? reader.whole(value, name, 0, std::numeric_limits<std::int64_t>::max())
                    : reader.whole(value, name, 1, kMostRepeats);
  if (!number) return std::move(number).error();
  if (name == "seed") {
    campaign.seed = static_cast<std::uint64_t>(*number);
  } else {
    campaign.repeats = static_cast<int>(*number);
  }
  return {};
}

Result<void> read_word(const YamlReader& reader, const std::string& name, const YAML::Node& at,
                       const YAML::Node& value, Campaign& campaign) {
  static const std::vector<std::string_view> kKnown = {
      "name", "result-dir", "networks", "settings", "idle",       "rest",    "order",
      "seed", "repeats",    "after",    "on-end",   "on-failure", "licence", "citation"};
  if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
    return reader.unknown(at, name, kKnown);
  }
  auto text = reader.text(value, name);
  if (!text) return std::move(text).error();
  if (name == "order") {
    if (*text != "given" && *text != "random") {
      return reader.unknown(value, *text, {"given", "random"});
    }
    campaign.random_order = *text == "random";
    return {};
  }
  if (name == "result-dir") {
    if (text->empty()) return reader.wrong(value, "result-dir: a folder is expected");
    campaign.result_dir = *text;
    return {};
  }
  (name == "name"         ? campaign.name
   : name == "on-end"     ? campaign.on_end
   : name == "on-failure" ? campaign.on_failure
   : name == "licence"    ? campaign.licence
                          : campaign.citation) = *text;
  return {};
}

Result<void> read_member(const YamlReader& reader, const std::string& name, const YAML::Node& at,
                         const YAML::Node& value, Campaign& campaign) {
  if (name == "networks" || name == "settings" || name == "after") {
    return read_list(reader, name, value, campaign);
  }
  if (name == "idle") return read_idle(reader, value, campaign);
  if (name == "rest") {
    auto rest = read_rest(reader, value);
    if (!rest) return std::move(rest).error();
    campaign.rest = *rest;
    return {};
  }
  if (name == "seed" || name == "repeats") return read_numbers(reader, name, value, campaign);
  return read_word(reader, name, at, value, campaign);
}

/// Names of settings become folders.
Result<void> name_settings(const fs::path& path, Campaign& campaign) {
  if (campaign.settings.empty()) campaign.settings.emplace_back();
  if (campaign.settings.size() == 1) return {};
  std::set<std::string> names;
  for (const CampaignSetting& setting : campaign.settings) {
    const auto wrong = [&](std::string message) {
      return Error(ErrorCode::kInvalidArgument, std::move(message)).at(path, setting.line);
    };
    if (setting.name.empty()) {
      return wrong("with several settings each needs a 'name:', which becomes its folder");
    }
    if (setting.name.find('/') != std::string::npos || setting.name.front() == '.') {
      return wrong(fmt::format("the name '{}' cannot be a folder", setting.name));
    }
    if (!names.insert(setting.name).second) {
      return wrong(fmt::format("two settings are called '{}'", setting.name));
    }
  }
  return {};
}

}  // namespace

Result<Campaign> parse_campaign(std::string_view text, const fs::path& path) {
  Campaign campaign;
  campaign.path = path;
  campaign.name = path.stem().string();
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    const YamlReader reader(path);
    if (!root.IsMap()) {
      return Error(ErrorCode::kParse, "a campaign is expected: 'networks:' and what else it needs")
          .at(path, 1);
    }
    auto read =
        reader.members(root, "the campaign",
                       [&](const std::string& name, const YAML::Node& at, const YAML::Node& value) {
                         return read_member(reader, name, at, value, campaign);
                       });
    if (!read) return std::move(read).error();
  } catch (const YAML::Exception& error) {
    return Error(ErrorCode::kParse, fmt::format("no YAML: {}", error.msg))
        .at(path, error.mark.is_null() ? 1 : error.mark.line + 1);
  }
  if (campaign.networks.empty()) {
    return Error(ErrorCode::kInvalidArgument, "no network is named: 'networks:' with a list")
        .at(path);
  }
  if (auto named = name_settings(path, campaign); !named) return std::move(named).error();
  return campaign;
}

Result<Campaign> read_campaign(const fs::path& path) {
  // Larger than any list of networks that a person writes.
  constexpr std::size_t kLargest = std::size_t{4} << 20;
  auto text = read_file(path, kLargest);
  if (!text) return std::move(text).error();
  return parse_campaign(*text, path);
}

}  // namespace layerwatt
