#pragma once

#include <filesystem>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

/// Draws a bar chart of the energy of each layer, in order, with intervals where there are any, as
/// a PNG. One row a layer, so that 150 and more stay legible; paler bars are merged or unresolved.
/// The picture of a virtual profile says so. The file is written beside its place and renamed into
/// it.
Result<void> write_energy_plot(const std::filesystem::path& path, const LayerProfile& profile);

}  // namespace layerwatt
