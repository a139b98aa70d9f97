#pragma once

#include <string>

#include "layerwatt/experiment/existing_result.h"

#include "cli/app.h"

namespace layerwatt::cli {

/// --force and --new-run, of every command that measures: what to do with a finished result that
/// stands in the place of the new one.
struct ExistingOptions {
  bool force = false;
  bool new_run = false;

  /// Declares them; `this` must outlive the parsing. `second`: what the second result is called
  /// ("<model>-2"); `force_names`: other spellings of --force, separated by commas; `place`: the
  /// option that names where results go.
  void declare(App& app, const std::string& second, const std::string& force_names = "--force",
               const std::string& place = "--result-dir");
  ExistingResult choice() const;
};

}  // namespace layerwatt::cli
