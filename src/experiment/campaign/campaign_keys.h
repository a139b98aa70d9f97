#pragma once

#include <span>
#include <string>
#include <string_view>

namespace layerwatt {

/// An option of `layerwatt measure` that a campaign file may hold.
struct CampaignKey {
  /// Without its dashes.
  std::string_view name;
  /// Where the sensor is, rather than what runs: `layerwatt idle` takes it too.
  bool is_of_sensor = false;
  /// Takes no value on the command line: true names it, false leaves it out.
  bool is_flag = false;
};

/// `batch` is ours: the first dimension of the input shape.
std::span<const CampaignKey> campaign_keys();

/// nullptr where there is none of this name.
const CampaignKey* find_campaign_key(std::string_view name);

}  // namespace layerwatt
