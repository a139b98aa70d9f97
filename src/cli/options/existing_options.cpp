#include "cli/options/existing_options.h"

#include <fmt/format.h>

namespace layerwatt::cli {

void ExistingOptions::declare(App& app, const std::string& second, const std::string& force_names,
                              const std::string& place) {
  Option* replaces =
      app.add_flag(force_names, force, fmt::format("Replace a finished result in {}", place));
  app.add_flag(
         "--new-run", new_run,
         fmt::format("Keep a finished result in {}; the new one is {}, and so on", place, second))
      ->excludes(replaces);
}

ExistingResult ExistingOptions::choice() const {
  if (force) return ExistingResult::kReplace;
  return new_run ? ExistingResult::kNumber : ExistingResult::kRefuse;
}

}  // namespace layerwatt::cli
