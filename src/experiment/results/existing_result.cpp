#include "layerwatt/experiment/existing_result.h"

#include <fmt/format.h>

#include <system_error>

#include "layerwatt/dataset/idle_power.h"
#include "layerwatt/dataset/run_file.h"

namespace layerwatt {
namespace fs = std::filesystem;

bool holds_finished_run(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return false;
  if (!fs::is_directory(folder, error)) return true;
  if (fs::is_empty(folder, error) && !error) return false;
  // What cannot be read may be somebody's: it is kept.
  const auto run = read_run_file(folder / "run.json");
  return !run || (run->is_finished && !run->is_partial);
}

bool holds_finished_idle(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return false;
  const auto idle = read_idle_power(file);
  return !idle || (!idle->is_partial && idle->source.empty());
}

Result<fs::path> place_of_result(const fs::path& wanted, bool is_finished, ExistingResult existing,
                                 std::string_view option) {
  if (!is_finished || existing == ExistingResult::kReplace) return wanted;
  std::error_code error;
  fs::path free_place = wanted;
  for (int number = 2; fs::exists(free_place, error); ++number) {
    free_place = wanted.parent_path() / fmt::format("{}-{}{}", wanted.stem().string(), number,
                                                    wanted.extension().string());
  }
  if (existing == ExistingResult::kNumber) return free_place;
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("'{}' holds a finished result, and nothing was measured; --new-run keeps "
                  "it and writes '{}' beside it, --force replaces it, another {} leaves it alone",
                  wanted.string(), free_place.filename().string(), option));
}

}  // namespace layerwatt
