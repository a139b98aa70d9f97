#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// What to do where a finished result stands in the place of a new one.
enum class ExistingResult {
  kRefuse,   ///< stop before anything is measured
  kReplace,  ///< --force: replace it once the new one is whole
  kNumber,   ///< --new-run: the new one is called alexnet-2, alexnet-3 …
};

/// Whether `folder` holds a run that must not be lost: anything at all, unless its run.json says
/// that it is partial or was never finished.
bool holds_finished_run(const std::filesystem::path& folder);

/// Whether `file` is an idling_power.json that must not be lost: any but a partial one, or one that
/// `measure` made of the stretch before a run (which run.json keeps).
bool holds_finished_idle(const std::filesystem::path& file);

/// `wanted` where no finished result is lost by it, else what `existing` says: with kNumber the
/// first free of "wanted-2", "wanted-3" … (before the extension of a file). `option` names places.
/// kInvalidArgument with kRefuse: names what is there and every way out.
Result<std::filesystem::path> place_of_result(const std::filesystem::path& wanted, bool is_finished,
                                              ExistingResult existing,
                                              std::string_view option = "--result-dir");

}  // namespace layerwatt
