#include <fmt/format.h>

#include <ostream>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "core/json.h"
#include "core/json_writer.h"

namespace layerwatt {
namespace {

void write_layers(const VirtualTruth& truth, JsonWriter& json) {
  json.key("layers").begin_array();
  for (std::size_t i = 0; i < truth.layers.size(); ++i) {
    json.begin_object()
        .member("name", truth.layers[i])
        .member("power_w", truth.powers.first[i].value())
        .member("repeat_power_w", truth.powers.repeated[i].value())
        .end_object();
  }
  json.end_array();
}

/// Reads members of one object and remembers the first that is missing or of the wrong kind.
class Members {
 public:
  explicit Members(const rapidjson::Value& object) : object_(object) {}

  double number(const char* name) {
    const auto found = find(name);
    if (found != nullptr && found->IsNumber()) return found->GetDouble();
    fail(name, "a number");
    return 0.0;
  }
  std::int64_t integer(const char* name) {
    const auto found = find(name);
    if (found != nullptr && found->IsInt64()) return found->GetInt64();
    fail(name, "a whole number");
    return 0;
  }
  std::uint64_t natural(const char* name) {
    const auto found = find(name);
    if (found != nullptr && found->IsUint64()) return found->GetUint64();
    fail(name, "a whole number, not negative");
    return 0;
  }
  std::string text(const char* name) {
    const auto found = find(name);
    if (found != nullptr && found->IsString()) {
      return std::string(found->GetString(), found->GetStringLength());
    }
    fail(name, "a text");
    return {};
  }
  const rapidjson::Value* find(const char* name) const {
    if (!object_.IsObject()) return nullptr;
    const auto found = object_.FindMember(name);
    return found == object_.MemberEnd() ? nullptr : &found->value;
  }
  void fail(const char* name, std::string_view expected) {
    if (problem_.empty()) problem_ = fmt::format("'{}' is not {}", name, expected);
  }
  const std::string& problem() const { return problem_; }

 private:
  const rapidjson::Value& object_;
  std::string problem_;
};

}  // namespace

void write_virtual_truth(const VirtualTruth& truth, std::ostream& out) {
  const VirtualSpecimen& specimen = truth.specimen;
  {
    JsonWriter json(out);
    json.begin_object()
        .member("schema_version", 1)
        .member("virtual", true)
        .member("board", truth.board)
        .member("seed", truth.seed)
        .member("idle_power_w", truth.idle.value())
        .member("gap_power_w", truth.powers.gap.value())
        .member("interlude_power_w", truth.powers.interlude.value());
    write_layers(truth, json);
    json.key("sensor")
        .begin_object()
        .member("cycle_ns", static_cast<std::int64_t>(truth.cycle.count()))
        .member("conversion_time_ns", static_cast<std::int64_t>(truth.conversion_time.count()))
        .member("average_count", truth.average_count)
        .member("oscillator_error", specimen.oscillator_error)
        .member("oscillator_drift_per_second", specimen.oscillator_drift_per_second)
        .member("oscillator_walk", specimen.oscillator_walk)
        .member("board_low_pass_ns", static_cast<std::int64_t>(specimen.board_low_pass.count()))
        .member("lag_ns", static_cast<std::int64_t>(specimen.lag.count()))
        .member("noise_scale", specimen.noise_scale)
        .member("shunt_offset_v", specimen.shunt_offset.value())
        .end_object();
    json.key("drift")
        .begin_object()
        .member("watts_per_second", specimen.drift.watts_per_second)
        .member("thermal_watts", specimen.drift.thermal_watts)
        .member("thermal_time_constant_ns",
                static_cast<std::int64_t>(specimen.drift.thermal_time_constant.count()))
        .member("walk_watts", specimen.drift.walk_watts)
        .member("seed", specimen.drift_seed)
        .end_object()
        .end_object();
  }
  out << '\n';
}

Result<VirtualTruth> parse_virtual_truth(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  Members root(*document);
  VirtualTruth truth;
  truth.board = root.text("board");
  truth.seed = root.natural("seed");
  truth.idle = Watts(root.number("idle_power_w"));
  truth.powers.gap = Watts(root.number("gap_power_w"));
  // Absent in files of earlier versions.
  if (root.find("interlude_power_w") != nullptr) {
    truth.powers.interlude = Watts(root.number("interlude_power_w"));
  }
  const rapidjson::Value* layers = root.find("layers");
  const rapidjson::Value* sensor = root.find("sensor");
  const rapidjson::Value* drift = root.find("drift");
  if (layers == nullptr || !layers->IsArray()) root.fail("layers", "an array");
  if (sensor == nullptr || !sensor->IsObject()) root.fail("sensor", "an object");
  if (drift == nullptr || !drift->IsObject()) root.fail("drift", "an object");
  std::string problem = root.problem();
  if (problem.empty()) {
    for (const auto& item : layers->GetArray()) {
      Members layer(item);
      truth.layers.push_back(layer.text("name"));
      truth.powers.first.emplace_back(layer.number("power_w"));
      truth.powers.repeated.emplace_back(layer.number("repeat_power_w"));
      if (problem.empty()) problem = layer.problem();
    }
    Members s(*sensor);
    truth.cycle = Duration(s.integer("cycle_ns"));
    truth.conversion_time = Duration(s.integer("conversion_time_ns"));
    truth.average_count = static_cast<int>(s.integer("average_count"));
    truth.specimen.oscillator_error = s.number("oscillator_error");
    truth.specimen.oscillator_drift_per_second = s.number("oscillator_drift_per_second");
    truth.specimen.oscillator_walk = s.number("oscillator_walk");
    truth.specimen.board_low_pass = Duration(s.integer("board_low_pass_ns"));
    truth.specimen.lag = Duration(s.integer("lag_ns"));
    truth.specimen.noise_scale = s.number("noise_scale");
    truth.specimen.shunt_offset = Volts(s.number("shunt_offset_v"));
    if (problem.empty()) problem = s.problem();
    Members d(*drift);
    truth.specimen.drift.watts_per_second = d.number("watts_per_second");
    truth.specimen.drift.thermal_watts = d.number("thermal_watts");
    truth.specimen.drift.thermal_time_constant = Duration(d.integer("thermal_time_constant_ns"));
    truth.specimen.drift.walk_watts = d.number("walk_watts");
    truth.specimen.drift_seed = d.natural("seed");
    if (problem.empty()) problem = d.problem();
  }
  if (!problem.empty()) {
    return Error(ErrorCode::kParse,
                 fmt::format("not a virtual truth as layerwatt writes it: {}", problem));
  }
  return truth;
}

Result<VirtualTruth> read_virtual_truth(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  return parse_virtual_truth(*text).transform_error(
      [&](Error error) { return std::move(error).at(path); });
}

}  // namespace layerwatt
