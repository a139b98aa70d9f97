#pragma once

#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/dataset/foreign_log.h"

#include "cli/app.h"

namespace layerwatt::cli {

/// The options by which a command takes a power log of any program or instrument.
struct PowerLogOptions {
  std::string log;
  std::string columns;
  std::string begin;

  /// Declares them; `this` must outlive the parsing.
  void declare(App& app, const std::string& description);
  /// kInvalidArgument for columns or a stamp that are none, or without a log.
  Result<ForeignLogOptions> resolve() const;
};

}  // namespace layerwatt::cli
