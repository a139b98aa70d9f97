#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// One option of `layerwatt measure`, as a campaign file names it: `key` without the dashes.
struct CampaignOption {
  std::string key;
  std::vector<std::string> values;
  /// 1-based line of the campaign file.
  long line = 0;
};

/// A network to be measured, under every setting.
struct CampaignNetwork {
  /// A built-in name, or a file (globs are expanded, relative to the campaign file).
  std::string model;
  /// Beside those of the setting, and stronger.
  std::vector<CampaignOption> options;
  long line = 0;
};

/// How all networks are measured once.
struct CampaignSetting {
  /// Of its folder, where there are several settings.
  std::string name;
  std::vector<CampaignOption> options;
  /// A mode of nvpmodel, by name or number.
  std::optional<std::string> power_mode;
  long line = 0;
};

/// Waiting until the board has calmed down.
struct CampaignRest {
  enum class Until {
    kTime,         ///< always `at_most`
    kTemperature,  ///< until no thermal zone changes by half a degree in 20 s
    kIdlePower,    ///< until two idle measurements of 5 s in a row differ by less than 1 %
  };
  Until until = Until::kTime;
  Duration at_most = std::chrono::seconds(120);
  /// Before every network; else once, after the idle power.
  bool each = true;
};

/// What to do once all networks are measured.
struct CampaignAfter {
  /// "map", "report", "training-data", "data-push", "run".
  std::string action;
  /// Options of the command, or, for "run", one "command".
  std::vector<CampaignOption> options;
  long line = 0;
};

/// A campaign file (docs/campaigns.md), as read.
struct Campaign {
  std::filesystem::path path;
  std::string name;
  std::filesystem::path result_dir = "raw_data";
  std::vector<CampaignNetwork> networks;
  /// At least one.
  std::vector<CampaignSetting> settings;
  /// Length of the idle measurement before all networks of a setting; absent: none.
  std::optional<Duration> idle;
  /// Length of one between any two networks; absent: none.
  std::optional<Duration> idle_between;
  std::optional<CampaignRest> rest;
  bool random_order = false;
  std::uint64_t seed = 1;
  int repeats = 1;
  std::vector<CampaignAfter> after;
  /// Commands for the shell.
  std::string on_end;
  std::string on_failure;
  std::string licence;
  std::string citation;
};

/// Errors name the file and the line: kNotFound, kParse where it is no YAML, kInvalidArgument for a
/// key that is not known (the nearest is suggested), a value of another kind, a model file that is
/// not there, or a glob that matches nothing.
Result<Campaign> read_campaign(const std::filesystem::path& path);
/// The same from a text; `path` is where relative names start, and names it in errors.
Result<Campaign> parse_campaign(std::string_view text, const std::filesystem::path& path);

}  // namespace layerwatt
