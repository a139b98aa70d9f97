#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"
#include "layerwatt/recording/recorder.h"

#include "core/json.h"
#include "core/json_writer.h"

namespace layerwatt {
namespace {

constexpr int kSchemaVersion = 1;

void write_spread(JsonWriter& json, std::string_view name, const TimeSpread& spread) {
  json.key(name).begin_object();
  json.member("median_ns", spread.median.count());
  json.member("p99_ns", spread.p99.count());
  json.member("max_ns", spread.max.count());
  json.end_object();
}

void write_anchor(JsonWriter& json, std::string_view name, const ClockAnchor& anchor) {
  json.key(name).begin_object();
  json.member("monotonic_ns", to_ns(anchor.monotonic));
  json.member("local_ns", to_ns(anchor.local));
  json.member("utc_offset_ns", anchor.utc_offset.count());
  json.member("uncertainty_ns", anchor.uncertainty.count());
  json.end_object();
}

/// Takes members of one JSON object; the first that is missing or of another type is remembered.
class MemberReader {
 public:
  MemberReader(const rapidjson::Value& value, std::string& wrong) : value_(value), wrong_(wrong) {}

  void take(const char* name, bool& to) {
    if (const auto* v = find(name, &rapidjson::Value::IsBool)) to = v->GetBool();
  }
  void take(const char* name, std::int64_t& to) {
    if (const auto* v = find(name, &rapidjson::Value::IsInt64)) to = v->GetInt64();
  }
  void take(const char* name, double& to) {
    if (const auto* v = find(name, &rapidjson::Value::IsNumber)) to = v->GetDouble();
  }
  void take(const char* name, std::string& to) {
    if (const auto* v = find(name, &rapidjson::Value::IsString)) to = v->GetString();
  }
  void take(const char* name, Duration& to) {
    std::int64_t ns = to.count();
    take(name, ns);
    to = Duration(ns);
  }
  void take(const char* name, TimeSpread& to) {
    const auto* v = find(name, &rapidjson::Value::IsObject);
    if (v == nullptr) return;
    MemberReader inner(*v, wrong_);
    inner.take("median_ns", to.median);
    inner.take("p99_ns", to.p99);
    inner.take("max_ns", to.max);
  }
  void take(const char* name, ClockAnchor& to) {
    const auto* v = find(name, &rapidjson::Value::IsObject);
    if (v == nullptr) return;
    MemberReader inner(*v, wrong_);
    std::int64_t monotonic = 0;
    std::int64_t local = 0;
    inner.take("monotonic_ns", monotonic);
    inner.take("local_ns", local);
    inner.take("utc_offset_ns", to.utc_offset);
    inner.take("uncertainty_ns", to.uncertainty);
    to.monotonic = instant_from_ns(monotonic);
    to.local = local_time_from_ns(local);
  }
  const rapidjson::Value* array(const char* name) { return find(name, &rapidjson::Value::IsArray); }
  const rapidjson::Value& value() const { return value_; }

 private:
  using IsType = bool (rapidjson::Value::*)() const;
  const rapidjson::Value* find(const char* name, IsType is_type) {
    const auto at =
        value_.IsObject() ? value_.FindMember(name) : rapidjson::Value::ConstMemberIterator();
    if (!value_.IsObject() || at == value_.MemberEnd() || !(at->value.*is_type)()) {
      if (wrong_.empty()) wrong_ = name;
      return nullptr;
    }
    return &at->value;
  }

  const rapidjson::Value& value_;
  std::string& wrong_;
};

RecordedRail read_rail(const rapidjson::Value& value, std::string& wrong) {
  RecordedRail rail;
  MemberReader reader(value, wrong);
  reader.take("name", rail.name);
  reader.take("readings", rail.readings);
  reader.take("try_again", rail.try_again);
  reader.take("disabled", rail.disabled);
  reader.take("garbage", rail.garbage);
  reader.take("gone", rail.gone);
  return rail;
}

}  // namespace

std::string describe_pace(const RecorderSummary& summary) {
  if (summary.own_pace) {
    return fmt::format("at the sensor's own pace, every {} or so",
                       format_si(to_seconds(*summary.own_pace), "s"));
  }
  if (summary.period == Duration(0)) return "as fast as the bus allows";
  return fmt::format("every {}", format_si(to_seconds(summary.period), "s"));
}

std::string unread_rails(const RecorderSummary& summary, std::span<const std::string> rails) {
  std::vector<std::string> unread;
  for (const RecordedRail& rail : summary.rails) {
    if (rail.readings > 0 || std::ranges::find(rails, rail.name) == rails.end()) continue;
    std::vector<std::string> instead;
    const auto count = [&](std::int64_t reads, std::string_view what) {
      if (reads > 0) instead.push_back(fmt::format("{} {}", format_grouped(reads), what));
    };
    count(rail.garbage, "held no number that is a reading");
    count(rail.try_again, "found the device busy");
    count(rail.disabled, "found the channel switched off");
    if (rail.gone) instead.emplace_back("the rail vanished");
    if (instead.empty()) instead.emplace_back("no tick was read");
    unread.push_back(fmt::format("{} ({})", rail.name, fmt::join(instead, ", ")));
  }
  if (unread.empty()) return {};
  return fmt::format(
      "not one reading could be taken of {}; 'layerwatt sensors' shows what each rail reads now",
      fmt::join(unread, ", "));
}

void write_recorder_summary(const RecorderSummary& summary, std::ostream& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("schema_version", kSchemaVersion);
  json.member("complete", summary.complete);
  json.member("end", summary.end);
  json.member("failure", summary.failure);
  json.member("period_ns", summary.period.count());
  json.member("own_pace_ns",
              summary.own_pace ? std::optional(summary.own_pace->count()) : std::nullopt);
  json.member("ticks", summary.ticks);
  json.member("late_ticks", summary.late_ticks);
  json.member("lost_ticks", summary.lost_ticks);
  write_spread(json, "lateness", summary.lateness);
  write_spread(json, "read_time", summary.read_time);
  write_spread(json, "write_time", summary.write_time);
  json.member("cpu_share", summary.cpu_share);
  json.member("scheduler", summary.scheduler);
  json.member("pinned_cpu", summary.pinned_cpu);
  write_anchor(json, "begin", summary.begin);
  write_anchor(json, "finish", summary.finish);
  json.key("rails").begin_array();
  for (const RecordedRail& rail : summary.rails) {
    json.begin_object();
    json.member("name", rail.name);
    json.member("readings", rail.readings);
    json.member("try_again", rail.try_again);
    json.member("disabled", rail.disabled);
    json.member("garbage", rail.garbage);
    json.member("gone", rail.gone);
    json.end_object();
  }
  json.end_array();
  if (summary.is_virtual) json.member("virtual", true);
  json.key("warnings").begin_array();
  for (const std::string& warning : summary.warnings) json.value(warning);
  json.end_array();
  json.end_object();
  out << '\n';
}

Result<RecorderSummary> parse_recorder_summary(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  RecorderSummary summary;
  std::string wrong;
  MemberReader reader(*document, wrong);
  reader.take("complete", summary.complete);
  reader.take("end", summary.end);
  reader.take("failure", summary.failure);
  reader.take("period_ns", summary.period);
  reader.take("ticks", summary.ticks);
  reader.take("late_ticks", summary.late_ticks);
  reader.take("lost_ticks", summary.lost_ticks);
  reader.take("lateness", summary.lateness);
  reader.take("read_time", summary.read_time);
  reader.take("write_time", summary.write_time);
  reader.take("cpu_share", summary.cpu_share);
  reader.take("scheduler", summary.scheduler);
  reader.take("begin", summary.begin);
  reader.take("finish", summary.finish);
  if (const auto* rails = reader.array("rails")) {
    for (const auto& rail : rails->GetArray()) summary.rails.push_back(read_rail(rail, wrong));
  }
  if (const auto* warnings = reader.array("warnings")) {
    for (const auto& warning : warnings->GetArray()) {
      if (warning.IsString()) summary.warnings.emplace_back(warning.GetString());
    }
  }
  if (!wrong.empty()) {
    return Error(
        ErrorCode::kParse,
        fmt::format("not a recorder's summary: '{}' is missing or of another type", wrong));
  }
  const auto is_virtual = document->FindMember("virtual");
  if (is_virtual != document->MemberEnd() && is_virtual->value.IsBool()) {
    summary.is_virtual = is_virtual->value.GetBool();
  }
  const auto pace = document->FindMember("own_pace_ns");
  if (pace != document->MemberEnd() && pace->value.IsInt64()) {
    summary.own_pace = Duration(pace->value.GetInt64());
  }
  const auto pinned = document->FindMember("pinned_cpu");
  if (pinned != document->MemberEnd() && pinned->value.IsInt()) {
    summary.pinned_cpu = pinned->value.GetInt();
  }
  return summary;
}

}  // namespace layerwatt
