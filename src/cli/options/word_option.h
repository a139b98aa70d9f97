#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/app.h"

namespace layerwatt::cli {

/// An option that takes one of the words of an enumeration (to_string() gives them) and nothing
/// else.
template <class Enum, class To>
Option* add_word(App& app, const std::string& name, To& to, std::span<const Enum> values,
                 const std::string& help) {
  std::vector<std::string> words;
  for (const Enum value : values) words.emplace_back(to_string(value));
  const auto take = [&to, values](const std::string& word) {
    for (const Enum value : values) {
      if (to_string(value) == word) to = value;
    }
  };
  return app.add_option_function<std::string>(name, take, help)->check(one_of(words));
}

}  // namespace layerwatt::cli
