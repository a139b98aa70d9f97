#include "cli/options/option_rows.h"

#include <string>

namespace layerwatt::cli {

void declare_rows(App& app, std::span<const OptionRow> rows, OptionTexts& to) {
  for (const OptionRow& row : rows) {
    const std::string key(row.name);
    const std::string typed = "--" + key;
    if (app.has_option(typed)) continue;
    if (row.value.empty()) {
      app.add_flag_callback(
          typed, [&to, key] { to[key] = ""; }, std::string(row.help));
      continue;
    }
    const auto take = [&to, key](const std::string& text) { to[key] = text; };
    Option* option = app.add_option_function<std::string>(typed, take, std::string(row.help))
                         ->type_name(std::string(row.value))
                         ->default_str(std::string(row.otherwise));
    if (row.refuse == nullptr) continue;
    const auto refuse = [check = row.refuse](const std::string& text) { return check(text); };
    option->check({refuse});
  }
}

}  // namespace layerwatt::cli
