#pragma once

#include <filesystem>
#include <ostream>
#include <string_view>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

inline constexpr int kProfileSchemaVersion = 1;

/// `layer_profile.json`: units stand in the names of members ("power_watt",
/// "median_run_time_second"), absent values are left out.
void write_profile_json(std::ostream& out, const LayerProfile& profile);
/// `layer_profile.csv`: a row a layer; absent values are empty fields.
void write_profile_csv(std::ostream& out, const LayerProfile& profile);

/// Unknown members are ignored; another schema_version is kUnsupported.
Result<LayerProfile> parse_profile_json(std::string_view text);
Result<LayerProfile> read_profile_json(const std::filesystem::path& path);

/// Writes both files into `folder`.
Result<void> write_profile_files(const std::filesystem::path& folder, const LayerProfile& profile);

}  // namespace layerwatt
