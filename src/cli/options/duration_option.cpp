#include "cli/options/duration_option.h"

#include <CLI/CLI.hpp>

#include "layerwatt/core/duration_text.h"

namespace layerwatt::cli {
CLI::Option* add_duration(CLI::App& app, const std::string& names, std::optional<Duration>& to,
                          const std::string& description) {
  const auto take = [&to](const std::string& text) {
    to = parse_duration(text);
    if (!to) {
      throw CLI::ValidationError("'" + text +
                                 "' is not a duration; write 120, 1.5s, 1ms or 500us (a plain "
                                 "number is seconds)");
    }
  };
  return app.add_option_function<std::string>(names, take, description)->type_name("TIME");
}

}  // namespace layerwatt::cli
