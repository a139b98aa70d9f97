#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace layerwatt {

/// An option that a row of a table (a sensor, an engine) brings along. The command line declares
/// what the rows have and hands back what was typed, so that a new row touches no command.
struct OptionRow {
  /// As it is typed, without its dashes: "dla-core".
  std::string_view name;
  std::string_view help;
  /// What the help calls its value ("PATH"); empty for a flag, which has none.
  std::string_view value = {};
  /// What it is if absent, where the help does not say it.
  std::string_view otherwise = {};
  /// What is wrong with a value, in a sentence; empty where nothing is. nullptr: any text will do.
  std::string (*refuse)(std::string_view text) = nullptr;
};

/// What was typed, by OptionRow::name; a flag holds an empty text. Not in it: not given.
using OptionTexts = std::map<std::string, std::string, std::less<>>;

}  // namespace layerwatt
