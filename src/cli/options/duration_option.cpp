#include "cli/options/duration_option.h"

#include <CLI/CLI.hpp>

#include "layerwatt/core/duration_text.h"

namespace layerwatt::cli {

CLI::Option* add_duration(CLI::App& app, const std::string& names, std::optional<Duration>& to,
                          const std::string& description, const NumberRange& range) {
  const auto take = [&to](const std::string& text) { to = parse_duration(text); };
  const auto refuse = [range](const std::string& text) { return refuse_duration(text, range); };
  return app.add_option_function<std::string>(names, take, description)
      ->type_name("TIME")
      ->check(CLI::Validator(refuse, "", ""));
}

}  // namespace layerwatt::cli
