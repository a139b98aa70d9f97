#include "recording/recorder/recorder_message.h"

#include <sstream>

#include "core/json.h"
#include "core/json_writer.h"

namespace layerwatt {
namespace {

constexpr char kEnd = '\0';

std::optional<Error> parse_error(std::string_view text) {
  auto document = parse_json(text);
  if (!document || !document->IsObject()) return std::nullopt;
  const auto code = document->FindMember("error_code");
  const auto message = document->FindMember("error");
  if (code == document->MemberEnd() || !code->value.IsInt()) return std::nullopt;
  if (message == document->MemberEnd() || !message->value.IsString()) return std::nullopt;
  const int number = code->value.GetInt();
  const bool known = number >= 0 && number <= static_cast<int>(ErrorCode::kInternal);
  return Error(known ? static_cast<ErrorCode>(number) : ErrorCode::kInternal,
               message->value.GetString());
}

}  // namespace

std::string format_message(const RecorderMessage& message) {
  std::ostringstream text;
  if (message.summary) {
    write_recorder_summary(*message.summary, text);
  } else if (message.error) {
    JsonWriter json(text, JsonWriter::Style::kCompact);
    json.begin_object();
    json.member("error_code", static_cast<int>(message.error->code()));
    json.member("error", message.error->to_string());
    json.end_object();
  }
  return text.str() + kEnd;
}

std::optional<RecorderMessage> MessageReader::next() {
  const std::size_t end = pending_.find(kEnd);
  if (end == std::string::npos) return std::nullopt;
  const std::string text = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  RecorderMessage message;
  message.error = parse_error(text);
  if (!message.error) {
    if (auto summary = parse_recorder_summary(text)) message.summary = *std::move(summary);
  }
  return message;
}

}  // namespace layerwatt
