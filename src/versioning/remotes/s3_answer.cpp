#include "versioning/remotes/s3_answer.h"

#include <array>
#include <utility>

namespace layerwatt::versioning {
namespace {

/// Without the five entities that XML has by name; others do not occur in keys of ours.
std::string unescaped(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    bool found = false;
    for (const auto& [entity, character] : kEntities) {
      if (!text.substr(i).starts_with(entity)) continue;
      out += character;
      i += entity.size();
      found = true;
      break;
    }
    if (!found) out += text[i++];
  }
  return out;
}

/// The text of the next element of this name at or after `from`, which moves behind it.
std::optional<std::string> next_element(std::string_view body, std::string_view name,
                                        std::size_t& from) {
  const std::string open = '<' + std::string(name) + '>';
  const std::string close = "</" + std::string(name) + '>';
  const std::size_t begin = body.find(open, from);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = body.find(close, begin);
  if (end == std::string_view::npos) return std::nullopt;
  from = end + close.size();
  return unescaped(body.substr(begin + open.size(), end - begin - open.size()));
}

std::optional<std::string> element(std::string_view body, std::string_view name) {
  std::size_t from = 0;
  return next_element(body, name, from);
}

}  // namespace

std::optional<S3Error> parse_s3_error(std::string_view body) {
  const auto code = element(body, "Code");
  if (!code) return std::nullopt;
  return S3Error{*code, element(body, "Message").value_or("")};
}

std::optional<S3Page> parse_s3_list(std::string_view body) {
  if (body.find("<ListBucketResult") == std::string_view::npos) return std::nullopt;
  S3Page page;
  std::size_t from = 0;
  while (auto key = next_element(body, "Key", from)) page.keys.push_back(*std::move(key));
  if (element(body, "IsTruncated") == "true") page.next = element(body, "NextContinuationToken");
  return page;
}

}  // namespace layerwatt::versioning
