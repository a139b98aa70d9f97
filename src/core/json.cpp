#include "core/json.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>

#include <algorithm>

#include "layerwatt/core/file_text.h"

namespace layerwatt {
namespace {

constexpr int kMaxDepth = 200;

/// Refuses nesting that would make a recursive reader of the document overflow its stack.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

std::string_view describe_json_error(rapidjson::ParseErrorCode code) {
  return rapidjson::GetParseError_En(code);
}

long line_of_offset(std::string_view text, std::size_t offset) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  return 1 + static_cast<long>(std::count(text.begin(), end, '\n'));
}

Result<rapidjson::Document> parse_json(std::string_view text) {
  if (too_deep(text)) {
    return Error(ErrorCode::kParse, fmt::format("JSON nested deeper than {} levels", kMaxDepth));
  }
  rapidjson::Document document;
  document.Parse<rapidjson::kParseFullPrecisionFlag | rapidjson::kParseIterativeFlag |
                 rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  if (document.HasParseError()) {
    const std::size_t offset = document.GetErrorOffset();
    const long line = line_of_offset(text, offset);
    const bool cut = offset >= text.size();
    return Error(ErrorCode::kParse,
                 fmt::format("line {}: not valid JSON: {}{}", line,
                             describe_json_error(document.GetParseError()),
                             cut ? " The file ends early: it may have been cut off." : ""));
  }
  return document;
}

Result<rapidjson::Document> read_json(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto document = parse_json(*text);
  if (!document) return std::move(document).error().at(path);
  return document;
}

}  // namespace layerwatt
