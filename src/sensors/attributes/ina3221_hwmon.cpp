#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/power_chips.h"
#include "layerwatt/sensors/board_table.h"

#include "sensors/attributes/attribute_kind.h"
#include "sensors/attributes/ina3221_sum.h"
#include "sensors/attributes/ina3221_timing.h"
#include "sensors/attributes/rail_access.h"
#include "sensors/boards/board_identity.h"
#include "sensors/boards/own_boards.h"
#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

using ina3221::kChannels;
constexpr std::string_view kName = "ina3221-hwmon";

/// A shunt of microohms cannot be: mainline's device tree of the TX2 NX says 5 µΩ where 5 mΩ is
/// meant, so that the driver shows currents a thousand times too large.
constexpr std::int64_t kMistakenShunt = 5;
constexpr std::int64_t kMistakenFactor = 1000;

struct Channel {
  int number;
  bool enabled;
  std::optional<std::string> label;

  std::string attribute(std::string_view prefix, std::string_view suffix) const {
    return fmt::format("{}{}_{}", prefix, number, suffix);
  }
};

std::vector<Channel> read_channels(const AttributeFolder& folder) {
  std::vector<Channel> channels;
  for (int n = 1; n <= kChannels; ++n) {
    if (!folder.has(fmt::format("in{}_input", n))) continue;
    // Without the attribute, or without the right to read it, reading the value will tell.
    const bool enabled = folder.number(fmt::format("in{}_enable", n)).value_or(1) != 0;
    channels.push_back({n, enabled, folder.text(fmt::format("in{}_label", n))});
  }
  return channels;
}

/// Shunt, smallest step and corrections of one channel.
struct Scale {
  std::optional<Ohms> shunt;
  std::int64_t current_divisor = 1;
};

Scale read_scale(const AttributeFolder& folder, const Channel& channel, bool is_tx2_nx) {
  Scale scale;
  const auto microohms = folder.number(fmt::format("shunt{}_resistor", channel.number));
  if (!microohms || *microohms <= 0) return scale;
  if (is_tx2_nx && *microohms == kMistakenShunt) scale.current_divisor = kMistakenFactor;
  scale.shunt = ohms(1e-6 * static_cast<double>(*microohms * scale.current_divisor));
  return scale;
}

std::optional<Watts> power_step(const AttributeFolder& folder, std::string_view voltage,
                                std::optional<Ohms> shunt) {
  const auto bus = folder.number(voltage);
  if (!bus || !shunt) return std::nullopt;
  return millivolts(static_cast<double>(*bus)) *
         amperes(ina3221::kShuntStep.value() / shunt->value());
}

class ChipReader {
 public:
  ChipReader(const AttributeFolder& folder, const BoardIdentity& identity, const KnownBoard* board)
      : folder_(folder),
        identity_(identity),
        board_(board),
        location_(folder.link_name("device").value_or(folder.name())),
        channels_(read_channels(folder)) {
    settings_.samples = folder.number("samples");
    settings_.update_interval = folder.number("update_interval");
    settings_.enabled_channels = static_cast<int>(std::count_if(
        channels_.begin(), channels_.end(), [](const Channel& c) { return c.enabled; }));
    settings_.kernel = identity.kernel;
    model_ = ina3221_model(settings_);
  }

  FoundSensor read() {
    chip_.probed.kind = kName;
    chip_.probed.id = folder_.name();
    chip_.place = location_;
    for (const Channel& channel : channels_) add_channel(channel);
    add_sum();
    return std::move(chip_);
  }

 private:
  void add_channel(const Channel& channel) {
    const std::string location = fmt::format("{} channel {}", location_, channel.number);
    const std::string name =
        channel.label.value_or(fmt::format("{}:{}", location_, channel.number));
    if (name == "NC") {
      chip_.probed.unusable.push_back({name, location, "not connected", ""});
      return;
    }
    if (!channel.enabled) {
      chip_.probed.unusable.push_back(
          {name, location,
           fmt::format("the channel is switched off ({} is 0)", channel.attribute("in", "enable")),
           ""});
      return;
    }
    const bool is_tx2_nx = board_ != nullptr && board_->title == "Jetson TX2 NX";
    const Scale scale = read_scale(folder_, channel, is_tx2_nx);
    auto voltage = open_milli(folder_, channel.attribute("in", "input"));
    if (!voltage) return reject(name, location, voltage.error());
    auto current = open_milli(folder_, channel.attribute("curr", "input"), scale.current_divisor);
    if (!current) return reject(name, location, current.error());
    AttributeRail found;
    found.rail = describe(name, location);
    found.rail.shunt = scale.shunt;
    found.rail.model.lsb = power_step(folder_, channel.attribute("in", "input"), scale.shunt);
    if (scale.current_divisor != 1) {
      found.rail.model.source +=
          "; the device tree says 5 µΩ for a shunt of 5 mΩ (a known mistake), so currents are "
          "divided by 1000";
    }
    found.voltage = ScaledAttribute{*std::move(voltage), 1000};
    found.current = ScaledAttribute{*std::move(current), 1000, scale.current_divisor};
    chip_.rails.push_back(std::move(found));
  }

  /// The sum register is not averaged (SBOS576B §8.3.2.1.1), so it follows the load at once.
  void add_sum() {
    std::vector<std::string> labels(kChannels);
    for (const Channel& channel : channels_) {
      if (channel.enabled) {
        labels[static_cast<std::size_t>(channel.number - 1)] = channel.label.value_or("");
      }
    }
    const auto sum = find_sum(labels, identity_.kernel);
    if (!sum) return;
    const std::string location = location_ + " sum register";
    auto voltage = open_milli(folder_, fmt::format("in{}_input", sum->voltage_channel));
    auto current = open_milli(folder_, "curr4_input");
    if (!voltage) return reject(sum->name, location, voltage.error());
    if (!current) return reject(sum->name, location, current.error());
    AttributeRail found;
    found.rail = describe(sum->name, location);
    found.rail.coverage = sum->coverage;
    found.rail.shunt = read_scale(folder_, channels_.front(), false).shunt;
    found.rail.model.averaging = Averaging::kNone;
    found.rail.model.average_count = 1;
    found.rail.model.lsb =
        power_step(folder_, fmt::format("in{}_input", sum->voltage_channel), found.rail.shunt);
    found.rail.model.provenance = Provenance::kDatasheet;
    found.rail.model.source +=
        "; by the datasheet the sum register is not averaged, which nobody "
        "has confirmed on a board: measure it";
    found.voltage = ScaledAttribute{*std::move(voltage), 1000};
    found.current = ScaledAttribute{*std::move(current), 1000};
    chip_.rails.push_back(std::move(found));
  }

  Rail describe(const std::string& name, const std::string& location) const {
    Rail rail;
    rail.name = name;
    rail.sensor = kName;
    rail.location = location;
    rail.kind = RailKind::kVoltageCurrent;
    rail.model = model_;
    if (const KnownRail* known = find_known_rail(board_, name)) rail.coverage = known->coverage;
    return rail;
  }

  void reject(const std::string& name, const std::string& location, const Error& error) {
    chip_.probed.unusable.push_back(unusable(name, location, error));
  }

  const AttributeFolder& folder_;
  const BoardIdentity& identity_;
  const KnownBoard* board_;
  /// "1-0040": bus and address, where the tree says so.
  std::string location_;
  std::vector<Channel> channels_;
  Ina3221Settings settings_;
  SensorModel model_;
  FoundSensor chip_;
};

std::vector<FoundSensor> look(const SystemRoot& root) {
  std::vector<FoundSensor> chips;
  const BoardIdentity identity = read_board_identity(root);
  const KnownBoard* board = known_board_of(root, identity);
  for (const AttributeFolder& folder : AttributeFolder(root, "sys/class/hwmon").folders("hwmon")) {
    if (folder.text("name") != "ina3221") continue;
    chips.push_back(ChipReader(folder, identity, board).read());
  }
  return chips;
}

Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) { return probe_found(look(root)); }

Result<std::unique_ptr<Sensor>> open(const SystemRoot& root, const ProbedSensor& sensor,
                                     const OpenOptions& options) {
  return open_found(look(root), sensor, options);
}

}  // namespace

const SensorKind kIna3221Hwmon{
    kName, "INA3221 power monitors through hwmon: JetPack 5 and later, mainline Linux", probe,
    open};

}  // namespace layerwatt
