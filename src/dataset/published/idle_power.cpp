#include "layerwatt/dataset/idle_power.h"

#include <fmt/format.h>

#include <sstream>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/plausible.h"
#include "layerwatt/dataset/power_log.h"
#include "layerwatt/dataset/virtual_mark.h"

#include "core/json.h"
#include "core/json_writer.h"

namespace layerwatt {

Result<IdlePower> parse_idle_power(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  const char* expected = R"(expected {"timestamp": "...", "avg_idle_power": microwatts})";
  if (!document->IsObject()) return Error(ErrorCode::kParse, expected);
  const auto power = document->FindMember("avg_idle_power");
  if (power == document->MemberEnd() || !power->value.IsNumber()) {
    return Error(ErrorCode::kParse, expected);
  }
  IdlePower idle;
  idle.microwatts = power->value.GetDouble();
  if (idle.microwatts < 0.0) {
    return Error(ErrorCode::kParse,
                 "'avg_idle_power' is negative: a board at rest draws power; measure it again with "
                 "'layerwatt idle'");
  }
  if (!plausible::is_power(microwatts(idle.microwatts))) {
    return Error(ErrorCode::kParse,
                 fmt::format("'avg_idle_power' is {:.3g}: that many microwatts no board draws at "
                             "rest; measure it again with 'layerwatt idle'",
                             idle.microwatts));
  }
  const auto timestamp = document->FindMember("timestamp");
  if (timestamp != document->MemberEnd() && timestamp->value.IsString()) {
    idle.timestamp.assign(timestamp->value.GetString(), timestamp->value.GetStringLength());
  }
  const auto is_set = [&](const char* name) {
    const auto member = document->FindMember(name);
    return member != document->MemberEnd() && member->value.IsBool() && member->value.GetBool();
  };
  idle.is_virtual = is_set("virtual");
  idle.is_partial = is_set("partial");
  const auto source = document->FindMember("source");
  if (source != document->MemberEnd() && source->value.IsString()) {
    idle.source.assign(source->value.GetString(), source->value.GetStringLength());
  }
  return idle;
}

namespace {

/// The readings themselves, as an earlier published version left them: their mean is what counts.
Result<IdlePower> mean_of_log(const std::filesystem::path& path) {
  const auto log = read_power_log(path);
  if (!log) return log.error();
  IdlePower idle;
  for (std::size_t i = 0; i < log->size(); ++i) idle.microwatts += log->microwatts(i);
  idle.microwatts /= static_cast<double>(log->size());
  idle.timestamp = format_local_second(log->time.back());
  idle.source = path.filename().string();
  idle.is_virtual = holds_virtual_power(path.parent_path());
  if (idle.microwatts >= 0.0 && plausible::is_power(microwatts(idle.microwatts))) return idle;
  return Error(
             ErrorCode::kParse,
             fmt::format("its mean is {:.3g} microwatts, which no board draws at rest; measure it "
                         "again with 'layerwatt idle'",
                         idle.microwatts))
      .at(path);
}

}  // namespace

Result<IdlePower> read_idle_power(const std::filesystem::path& path) {
  if (path.extension() == ".log") return mean_of_log(path);
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto idle = parse_idle_power(*text);
  if (!idle) return std::move(idle).error().at(path);
  return idle;
}

Result<void> write_idle_power(const std::filesystem::path& path, const IdlePower& idle) {
  std::ostringstream out;
  {
    JsonWriter json(out);
    json.begin_object()
        .member("timestamp", idle.timestamp)
        .member("avg_idle_power", idle.microwatts);
    if (idle.is_virtual) json.member("virtual", true);
    if (idle.is_partial) json.member("partial", true);
    if (!idle.source.empty()) json.member("source", idle.source);
    json.end_object();
  }
  out << '\n';
  return write_file_atomically(path, out.str());
}

}  // namespace layerwatt
