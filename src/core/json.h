#pragma once

#include <rapidjson/document.h>

#include <filesystem>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Parses JSON whole. NaN, Infinity, comments and trailing commas are refused, as is nesting deeper
/// than 200; the error has the 1-based line and says what was expected. Duplicate keys are kept in
/// order.
Result<rapidjson::Document> parse_json(std::string_view text);
/// The same, of a file.
Result<rapidjson::Document> read_json(const std::filesystem::path& path);

/// 1-based line of byte `offset`.
long line_of_offset(std::string_view text, std::size_t offset);
/// What RapidJSON's error means, in a sentence for people.
std::string_view describe_json_error(rapidjson::ParseErrorCode code);

}  // namespace layerwatt
