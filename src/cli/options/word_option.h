#pragma once

#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace layerwatt::cli {

/// An option that takes one of the words of an enumeration (to_string() gives them) and nothing
/// else.
template <class Enum, class To>
CLI::Option* add_word(CLI::App& app, const std::string& name, To& to, std::span<const Enum> values,
                      const std::string& help) {
  std::vector<std::string> words;
  for (const Enum value : values) words.emplace_back(to_string(value));
  const auto take = [&to, values](const std::string& word) {
    for (const Enum value : values) {
      if (to_string(value) == word) to = value;
    }
  };
  return app.add_option_function<std::string>(name, take, help)->check(CLI::IsMember(words));
}

}  // namespace layerwatt::cli
