#include "monitor/board/counter_state.h"

#include <fmt/format.h>
#include <time.h>

#include <chrono>
#include <sstream>
#include <system_error>
#include <utility>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/file_text.h"

#include "core/json.h"
#include "core/json_writer.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::size_t kLargestFile = std::size_t{1} << 20;

/// Reads members of one object; remembers the first that is not as it should be.
class Members {
 public:
  Members(const rapidjson::Value& object, std::string& fault) : object_(object), fault_(fault) {}

  std::string text(const char* name) {
    const rapidjson::Value* value = find(name, "a text");
    if (value == nullptr) return {};
    if (value->IsString()) return {value->GetString(), value->GetStringLength()};
    return refuse(name, "a text"), std::string();
  }
  double number(const char* name) {
    const rapidjson::Value* value = find(name, "a number of 0 or more");
    if (value == nullptr) return 0.0;
    if (value->IsNumber() && value->GetDouble() >= 0.0) return value->GetDouble();
    return refuse(name, "a number of 0 or more"), 0.0;
  }
  std::int64_t count(const char* name) {
    const rapidjson::Value* value = find(name, "a count");
    if (value == nullptr) return 0;
    if (value->IsInt64() && value->GetInt64() >= 0) return value->GetInt64();
    return refuse(name, "a count"), 0;
  }
  const rapidjson::Value* list(const char* name) {
    const rapidjson::Value* value = find(name, "a list");
    if (value != nullptr && !value->IsArray()) refuse(name, "a list");
    return value != nullptr && value->IsArray() ? value : nullptr;
  }

 private:
  const rapidjson::Value* find(const char* name, const char* kind) {
    if (object_.IsObject()) {
      const auto member = object_.FindMember(name);
      if (member != object_.MemberEnd()) return &member->value;
    }
    refuse(name, kind);
    return nullptr;
  }
  void refuse(const char* name, const char* kind) {
    if (fault_.empty()) fault_ = fmt::format("'{}' is not {}", name, kind);
  }

  const rapidjson::Value& object_;
  std::string& fault_;
};

RailReading parse_reading(Members& members) {
  RailReading reading;
  reading.energy = Joules(members.number("joules"));
  reading.unmeasured = from_seconds(std::min(members.number("unmeasured_seconds"), 1e9));
  reading.readings = members.count("readings");
  reading.busy = members.count("busy");
  reading.disabled = members.count("disabled");
  reading.garbage = members.count("garbage");
  reading.implausible = members.count("implausible");
  reading.gone = members.count("gone");
  return reading;
}

void write_reading(const RailReading& reading, JsonWriter& json) {
  json.member("joules", reading.energy.value());
  json.member("unmeasured_seconds", to_seconds(reading.unmeasured));
  json.member("readings", reading.readings);
  json.member("busy", reading.busy);
  json.member("disabled", reading.disabled);
  json.member("garbage", reading.garbage);
  json.member("implausible", reading.implausible);
  json.member("gone", reading.gone);
}

}  // namespace

std::optional<BootTime> read_boot_time() {
  auto id = read_file("/proc/sys/kernel/random/boot_id", 4096);
  timespec boot{};
  if (!id || ::clock_gettime(CLOCK_BOOTTIME, &boot) != 0) return std::nullopt;
  return BootTime{*std::move(id), std::chrono::seconds(boot.tv_sec) + Duration(boot.tv_nsec)};
}

Result<CounterState> parse_counter_state(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return json.error();
  std::string fault;
  Members root(*json, fault);
  CounterState state;
  const std::int64_t version = root.count("schema_version");
  state.boot_id = root.text("boot_id");
  state.since_boot = Duration(root.count("since_boot_ns"));
  state.began_unix_seconds = root.number("began_unix_seconds");
  state.sampler.ticks = root.count("ticks");
  state.sampler.late = root.count("late_ticks");
  state.sampler.lost = root.count("lost_ticks");
  if (const rapidjson::Value* rails = root.list("rails")) {
    for (const rapidjson::Value& rail : rails->GetArray()) {
      Members members(rail, fault);
      std::string name = members.text("name");
      std::string sensor = members.text("sensor");
      state.rails.push_back({std::move(name), std::move(sensor), parse_reading(members)});
    }
  }
  if (fault.empty() && version != kSchemaVersion) fault = "'schema_version' is not 1";
  if (!fault.empty()) {
    return Error(
        ErrorCode::kParse,
        fault + "; this is no state of 'layerwatt serve': remove it, or name another file");
  }
  return state;
}

Result<void> write_counter_state(const fs::path& path, const CounterState& state) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  {
    JsonWriter json(file->stream());
    json.begin_object();
    json.member("schema_version", kSchemaVersion);
    json.member("boot_id", state.boot_id);
    json.member("since_boot_ns", std::int64_t{state.since_boot.count()});
    json.member("began_unix_seconds", state.began_unix_seconds);
    json.member("ticks", state.sampler.ticks);
    json.member("late_ticks", state.sampler.late);
    json.member("lost_ticks", state.sampler.lost);
    json.key("rails").begin_array();
    for (const CounterState::CountedRail& rail : state.rails) {
      json.begin_object();
      json.member("name", rail.name);
      json.member("sensor", rail.sensor);
      write_reading(rail.reading, json);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  file->write("\n");
  return file->commit();
}

Result<std::optional<CounterState>> take_counter_state(const fs::path& path,
                                                       const std::optional<BootTime>& boot) {
  std::error_code error;
  if (!fs::exists(path, error)) return std::optional<CounterState>();
  const auto text = read_file(path, kLargestFile);
  if (!text) return text.error();
  auto state = parse_counter_state(*text);
  if (!state) return std::move(state).error().at(path);
  if (!fs::remove(path, error)) {
    return error_from_errno(error.value(), "remove the state that was taken over").at(path);
  }
  const bool same_boot =
      boot && state->boot_id == boot->id && state->since_boot <= boot->since_boot;
  if (!same_boot) return std::optional<CounterState>();
  return std::optional<CounterState>(*std::move(state));
}

}  // namespace layerwatt
