#include "cli/options/duration_option.h"

#include "layerwatt/core/duration_text.h"

namespace layerwatt::cli {

Option* add_duration(App& app, const std::string& names, std::optional<Duration>& to,
                     const std::string& description, const NumberRange& range) {
  const auto take = [&to](const std::string& text) { to = parse_duration(text); };
  const auto refuse = [range](const std::string& text) { return refuse_duration(text, range); };
  return app.add_option_function<std::string>(names, take, description)
      ->type_name("TIME")
      ->check({refuse});
}

}  // namespace layerwatt::cli
