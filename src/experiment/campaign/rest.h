#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/experiment/campaign_file.h"

namespace layerwatt {

/// Waits as `rest` says. `measure_idle`: microwatts of a short idle measurement; nullopt where that
/// failed, which ends the rest: the measurement to come will say what is wrong.
void rest_until_settled(const CampaignRest& rest, const std::filesystem::path& sysfs_root,
                        const Cancellation& cancellation,
                        const std::function<std::optional<double>()>& measure_idle);

}  // namespace layerwatt
