#include "core/json.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"

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

/// Hands what the reader finds to the document, numbers by way of core/numbers.h: RapidJSON's own
/// exact conversion shifts by clz(0) where a number such as 0e-260 has no digits left.
class DocumentFiller : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, DocumentFiller> {
 public:
  explicit DocumentFiller(rapidjson::Document& document) : document_(document) {}

  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view digits(text, length);
    if (const auto whole = parse_int64(digits)) return document_.Int64(*whole);
    if (const auto natural = parse_uint64(digits)) return document_.Uint64(*natural);
    if (const auto real = parse_double(digits)) return document_.Double(*real);
    beyond_ = std::string(digits.substr(0, 40));
    return false;
  }
  bool String(const char* text, rapidjson::SizeType length, bool copy) {
    return document_.String(text, length, copy);
  }
  bool StartObject() { return document_.StartObject(); }
  bool Key(const char* text, rapidjson::SizeType length, bool copy) {
    return document_.Key(text, length, copy);
  }
  bool EndObject(rapidjson::SizeType count) { return document_.EndObject(count); }
  bool StartArray() { return document_.StartArray(); }
  bool EndArray(rapidjson::SizeType count) { return document_.EndArray(count); }

  /// The number that no double can hold; empty where there was none.
  const std::string& beyond() const { return beyond_; }

 private:
  rapidjson::Document& document_;
  std::string beyond_;
};

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
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  std::string beyond;
  auto fill = [&](rapidjson::Document& target) {
    DocumentFiller filler(target);
    reader.Parse<rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag |
                 rapidjson::kParseValidateEncodingFlag>(stream, filler);
    beyond = filler.beyond();
    return !reader.HasParseError();
  };
  document.Populate(fill);
  if (reader.HasParseError()) {
    const std::size_t offset = reader.GetErrorOffset();
    const long line = line_of_offset(text, offset);
    if (!beyond.empty()) {
      return Error(
          ErrorCode::kParse,
          fmt::format("line {}: the number {} is outside what a double can hold", line, beyond));
    }
    const bool cut = offset >= text.size();
    return Error(ErrorCode::kParse,
                 fmt::format("line {}: not valid JSON: {}{}", line,
                             describe_json_error(reader.GetParseErrorCode()),
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
