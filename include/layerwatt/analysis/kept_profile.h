#pragma once

#include <filesystem>
#include <optional>

#include "layerwatt/analysis/solve_recording.h"

namespace layerwatt {

/// Where results of solve_kept() are kept: the folder in `LAYERWATT_SOLVED` (empty: nowhere), else
/// `$XDG_CACHE_HOME/layerwatt/solved`, else `~/.cache/layerwatt/solved`; none where none of these
/// variables is set. Removing it costs time alone.
std::optional<std::filesystem::path> kept_profiles_folder();

/// solve_recording() for the recording that `model` has on disk, unless the same program solved it
/// with the same options before: then what it kept. The same means the files' places, sizes and
/// times of change, all options, and the program's own file. Where results cannot be kept (no
/// home, a full disk) it solves each time.
Result<LayerProfile> solve_kept(const RawModel& model, const Recording& recording,
                                const SolveOptions& options);

}  // namespace layerwatt
