#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt::versioning {

/// The sections of one of DVC's config files: `core`, `remote "name"`, …; keys in lower case.
using ConfigSections = std::map<std::string, std::map<std::string, std::string>>;

/// Reads what DVC (ConfigObj) writes: sections in brackets, quoted or not, `key = value`, values in
/// single or double quotes where they need it, `#` comments. kParse with the line for anything
/// else.
Result<ConfigSections> parse_config(std::string_view text);

/// `text` with `key = value` set in `section`, which is added at the end (`core`: at the front)
/// where it is not there yet. Every other line stays as it is.
std::string with_config_value(std::string_view text, std::string_view section, std::string_view key,
                              std::string_view value);
/// `text` without the section, or without one key of it.
std::string without_config_section(std::string_view text, std::string_view section);
std::string without_config_value(std::string_view text, std::string_view section,
                                 std::string_view key);

/// The section of a remote: `remote "name"`.
std::string remote_section(std::string_view name);

}  // namespace layerwatt::versioning
