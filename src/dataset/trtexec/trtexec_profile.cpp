#include <fmt/format.h>

#include <cmath>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/trtexec.h"

#include "core/control_characters.h"
#include "core/json.h"

namespace layerwatt {
namespace {

constexpr std::string_view kBlanks = " \t\r";

/// Larger durations than 30 years are no measurement, and would not fit.
constexpr double kMaxMilliseconds = 1e12;

std::optional<Duration> from_milliseconds(double ms) {
  if (!(std::fabs(ms) <= kMaxMilliseconds)) return std::nullopt;
  return from_seconds(ms * 1e-3);
}

/// A line of the file with what trtexec writes around an element taken off: ", { … }".
class Element {
 public:
  explicit Element(std::string_view line) : rest_(line) {}

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(kBlanks)));
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (rest_.substr(0, token.size()) != token) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::optional<double> take_number() {
    skip_blanks();
    const std::size_t end = rest_.find_first_of(" ,}\t\r");
    const auto value = parse_double(rest_.substr(0, end));
    if (value) rest_.remove_prefix(std::min(rest_.size(), end));
    return value;
  }
  /// A name that ends where the next key begins: at the last `", "timeMs"` of the line, because the
  /// name itself may hold quotes.
  std::optional<std::string> take_raw_name() {
    if (!take("\"")) return std::nullopt;
    static constexpr std::string_view kEnd = "\", \"timeMs\"";
    const std::size_t end = rest_.rfind(kEnd);
    if (end == std::string_view::npos) return std::nullopt;
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return name;
  }
  bool done() {
    skip_blanks();
    return rest_.empty();
  }

 private:
  std::string_view rest_;
};

/// `"timeMs" : 135.153, "averageMs" : …` behind a name.
bool take_numbers(Element& element, TrtexecLayer& layer) {
  while (element.take(",")) {
    const bool is_total = element.take("\"timeMs\"");
    const bool is_average = !is_total && element.take("\"averageMs\"");
    const bool is_median = !is_total && !is_average && element.take("\"medianMs\"");
    const bool is_percentage =
        !is_total && !is_average && !is_median && element.take("\"percentage\"");
    if (!is_total && !is_average && !is_median && !is_percentage) return false;
    if (!element.take(":")) return false;
    const auto value = element.take_number();
    if (!value) return false;
    if (is_percentage) {
      layer.percentage = *value;
      continue;
    }
    const auto duration = from_milliseconds(*value);
    if (!duration) return false;
    if (is_total) layer.total = *duration;
    if (is_average) layer.average = *duration;
    if (is_median) layer.median = *duration;
  }
  return element.take("}");
}

/// One line as trtexec writes it. False: it is written in another way.
bool parse_line(std::string_view line, TrtexecProfile& profile) {
  Element element(line);
  element.take(",");
  if (!element.take("{")) return false;
  if (element.take("\"count\"")) {
    if (!element.take(":")) return false;
    const auto count = element.take_number();
    if (!count || *count < 0 || *count > 1e15) return false;
    profile.inferences = std::llround(*count);
    return element.take("}") && element.done();
  }
  if (!element.take("\"name\"") || !element.take(":")) return false;
  auto name = element.take_raw_name();
  if (!name) return false;
  TrtexecLayer layer;
  layer.name = *std::move(name);
  if (!take_numbers(element, layer) || !element.done()) return false;
  profile.layers.push_back(std::move(layer));
  return true;
}

bool is_bracket(std::string_view line) {
  Element element(line);
  if (element.done()) return true;
  return (element.take("[") || element.take("]")) && element.done();
}

/// nullopt where the text is not laid out as trtexec lays it out.
std::optional<TrtexecProfile> parse_as_written(std::string_view text) {
  TrtexecProfile profile;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!is_bracket(line) && !parse_line(line, profile)) return std::nullopt;
  }
  return profile;
}

std::optional<double> number_of(const rapidjson::Value& object, const char* key) {
  const auto member = object.FindMember(key);
  if (member == object.MemberEnd() || !member->value.IsNumber()) return std::nullopt;
  return member->value.GetDouble();
}

std::optional<Duration> duration_of(const rapidjson::Value& object, const char* key) {
  const auto milliseconds = number_of(object, key);
  return milliseconds ? from_milliseconds(*milliseconds) : std::nullopt;
}

Result<TrtexecProfile> parse_as_json(std::string_view text) {
  auto document = parse_json(escape_control_characters(text));
  if (!document) return std::move(document).error();
  if (!document->IsArray()) {
    return Error(ErrorCode::kParse,
                 "not a profile of trtexec: expected the array that --exportProfile writes");
  }
  TrtexecProfile profile;
  int index = -1;
  for (const auto& element : document->GetArray()) {
    ++index;
    const auto fail = [&](std::string_view expected) {
      return Error(ErrorCode::kParse, fmt::format("element {}: expected {}", index, expected));
    };
    if (!element.IsObject()) return fail("an object");
    if (const auto count = number_of(element, "count")) {
      if (*count < 0 || *count > 1e15) return fail("a count of inferences");
      profile.inferences = std::llround(*count);
      continue;
    }
    const auto name = element.FindMember("name");
    if (name == element.MemberEnd() || !name->value.IsString())
      return fail("\"count\" or \"name\"");
    TrtexecLayer layer;
    layer.name.assign(name->value.GetString(), name->value.GetStringLength());
    const auto total = duration_of(element, "timeMs");
    const auto average = duration_of(element, "averageMs");
    if (!total || !average) return fail("the numbers \"timeMs\" and \"averageMs\"");
    layer.total = *total;
    layer.average = *average;
    layer.median = duration_of(element, "medianMs");
    layer.percentage = number_of(element, "percentage").value_or(0.0);
    profile.layers.push_back(std::move(layer));
  }
  return profile;
}

}  // namespace

Result<TrtexecProfile> parse_trtexec_profile(std::string_view text) {
  auto written = parse_as_written(text);
  auto profile = written ? Result<TrtexecProfile>(*std::move(written)) : parse_as_json(text);
  if (!profile) return profile;
  if (profile->inferences == 0 || profile->layers.empty()) {
    return Error(ErrorCode::kParse,
                 "no inferences or no layers in it: was trtexec stopped before its profiled run?");
  }
  return profile;
}

Result<TrtexecProfile> read_trtexec_profile(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  return parse_trtexec_profile(*text).transform_error(
      [&](Error&& error) { return std::move(error).at(path); });
}

}  // namespace layerwatt
