#include "layerwatt/simulation/virtual_board.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "layerwatt/core/nearest_name.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

constexpr std::array kSampleCounts = {1, 4, 16, 64, 128, 256, 512, 1024};
constexpr std::array kConversionTimes = {140, 204, 332, 588, 1100, 2116, 4156, 8244};
constexpr double kIna3221ShuntStep = 40e-6;
constexpr double kIna238ShuntStep = 5e-6;
constexpr int kIna238Phases = 3;  // shunt, bus, temperature

constexpr Ohms kFiveMilliohms = Ohms(0.005);
constexpr Ohms kTwoMilliohms = Ohms(0.002);
constexpr Ohms kTenMilliohms = Ohms(0.010);

VirtualChipSetup stock_ina3221(std::string_view location, std::vector<VirtualRail> rails) {
  // nvpower.sh: samples 512 and update_interval 430, which gives these conversion times.
  const Duration conversion = rails.size() == 3 ? 140us : rails.size() == 2 ? 204us : 332us;
  VirtualChipSetup chip;
  chip.location = location;
  chip.rails = std::move(rails);
  chip.conversion_time = conversion;
  chip.average_count = 512;
  return chip;
}

VirtualChipSetup iio_ina3221(std::string_view location, std::vector<VirtualRail> rails) {
  // CONFIG 0x7727, continuous mode of JetPack 4's driver.
  VirtualChipSetup chip;
  chip.kind = VirtualChipKind::kIna3221Iio;
  chip.location = location;
  chip.rails = std::move(rails);
  chip.conversion_time = 1100us;
  chip.average_count = 64;
  return chip;
}

VirtualBoard orin_nx_family(std::string_view name, std::string_view title, std::string_view module,
                            std::vector<std::string_view> compatible, double idle, double least,
                            double greatest) {
  const Volts five(5.0);
  VirtualBoard board{name, title, module, "tegra234", std::move(compatible), {}, {"VDD_IN"}};
  board.chips = {stock_ina3221(
      "1-0040",
      {{"VDD_IN", "whole module", kFiveMilliohms, five, Watts(idle), 1.0},
       {"VDD_CPU_GPU_CV", "CPU, GPU and CV", kFiveMilliohms, five, Watts(0.14 * idle), 0.62},
       {"VDD_SOC", "SOC", kFiveMilliohms, five, Watts(0.30 * idle), 0.18}})};
  board.board_low_pass = 120us;
  board.read_time = 1100us;
  board.least_layer_power = Watts(least);
  board.greatest_layer_power = Watts(greatest);
  return board;
}

VirtualBoard agx_orin() {
  const Volts high(20.0);
  const Volts five(5.0);
  VirtualBoard board{"agx-orin",
                     "Jetson AGX Orin",
                     "p3701-0005",
                     "tegra234",
                     {"nvidia,p3737-0000+p3701-0005", "nvidia,p3701-0005", "nvidia,tegra234"},
                     {},
                     {"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}};
  VirtualChipSetup second = stock_ina3221(
      "1-0041",
      {{"VDDQ_VDD2_1V8AO", "memory, behind VIN_SYS_5V0", kTwoMilliohms, five, Watts(0.45), 0.08}});
  second.first_channel = 2;
  board.chips = {
      stock_ina3221("1-0040",
                    {{"VDD_GPU_SOC", "GPU and SOC", kTwoMilliohms, high, Watts(3.2), 0.66},
                     {"VDD_CPU_CV", "CPU and CV", kTwoMilliohms, high, Watts(0.9), 0.10},
                     {"VIN_SYS_5V0", "memory and I/O", kTwoMilliohms, five, Watts(3.4), 0.24}}),
      std::move(second)};
  // JetPack 6 leaves VIN_SYS_5V0, which has another voltage, out of the sum.
  board.chips.front().summed_rails = 2;
  board.board_low_pass = 150us;
  board.read_time = 1100us;
  board.least_layer_power = Watts(3.0);
  board.greatest_layer_power = Watts(28.0);
  return board;
}

VirtualBoard xavier_nx() {
  const Volts five(5.0);
  VirtualBoard board{"xavier-nx",
                     "Jetson Xavier NX",
                     "p3668-0000",
                     "tegra194",
                     {"nvidia,p3509-0000+p3668-0000", "nvidia,p3668-0000", "nvidia,tegra194"},
                     {},
                     {"VDD_IN"}};
  board.chips = {stock_ina3221(
      "7-0040", {{"VDD_IN", "whole module", kFiveMilliohms, five, Watts(3.5), 1.0},
                 {"VDD_CPU_GPU_CV", "CPU, GPU and CV", kFiveMilliohms, five, Watts(0.6), 0.60},
                 {"VDD_SOC", "SOC", kFiveMilliohms, five, Watts(0.9), 0.20}})};
  board.board_low_pass = 120us;
  board.read_time = 1200us;
  board.least_layer_power = Watts(1.0);
  board.greatest_layer_power = Watts(9.0);
  return board;
}

VirtualBoard agx_xavier() {
  const Volts high(19.0);
  const Volts five(5.0);
  VirtualBoard board{"agx-xavier",
                     "Jetson AGX Xavier",
                     "p2888-0001",
                     "tegra194",
                     {"nvidia,p2972-0000", "nvidia,p2888-0001", "nvidia,tegra194"},
                     {},
                     {"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"}};
  board.chips = {
      stock_ina3221("1-0040", {{"GPU", "GPU", kFiveMilliohms, high, Watts(0.3), 0.55},
                               {"CPU", "CPU", kFiveMilliohms, high, Watts(0.9), 0.10},
                               {"SOC", "SOC", kFiveMilliohms, high, Watts(1.8), 0.13}}),
      stock_ina3221("1-0041", {{"CV", "CV", kFiveMilliohms, high, Watts(0.15), 0.02},
                               {"VDDRQ", "memory", kFiveMilliohms, high, Watts(0.8), 0.14},
                               {"SYS5V", "I/O", kFiveMilliohms, five, Watts(2.2), 0.06}})};
  board.board_low_pass = 150us;
  board.read_time = 1200us;
  board.least_layer_power = Watts(2.0);
  board.greatest_layer_power = Watts(18.0);
  return board;
}

VirtualBoard nano() {
  const Volts five(5.1);
  VirtualBoard board{
      "nano",
      "Jetson Nano",
      "p3448-0000",
      "tegra210",
      {"nvidia,p3449-0000-b00+p3448-0000-b00", "nvidia,p3448-0000", "nvidia,tegra210"},
      {},
      {"POM_5V_IN"}};
  board.chips = {
      iio_ina3221("6-0040", {{"POM_5V_IN", "whole module", kFiveMilliohms, five, Watts(1.9), 1.0},
                             {"POM_5V_GPU", "GPU", kFiveMilliohms, five, Watts(0.04), 0.55},
                             {"POM_5V_CPU", "CPU", kFiveMilliohms, five, Watts(0.5), 0.20}})};
  board.board_low_pass = 100us;
  board.read_time = 900us;
  board.least_layer_power = Watts(0.6);
  board.greatest_layer_power = Watts(6.0);
  return board;
}

VirtualBoard tx2() {
  const Volts high(19.0);
  const Volts five(4.8);
  VirtualBoard board{"tx2",
                     "Jetson TX2",
                     "p3310-1000",
                     "tegra186",
                     {"nvidia,p2597-0000+p3310-1000", "nvidia,p3310-1000", "nvidia,tegra186"},
                     {},
                     {"VDD_IN"}};
  board.chips = {
      iio_ina3221("0-0040", {{"VDD_SYS_GPU", "GPU", kTenMilliohms, high, Watts(0.15), 0.55},
                             {"VDD_SYS_SOC", "SOC", kTenMilliohms, high, Watts(0.6), 0.10},
                             {"VDD_4V0_WIFI", "wireless", kTenMilliohms, five, Watts(0.02), 0.0}}),
      iio_ina3221("0-0041", {{"VDD_IN", "whole module", kFiveMilliohms, high, Watts(3.1), 1.0},
                             {"VDD_SYS_CPU", "CPU", kTenMilliohms, high, Watts(0.4), 0.12},
                             {"VDD_SYS_DDR", "memory", kTenMilliohms, five, Watts(0.6), 0.14}})};
  board.board_low_pass = 150us;
  board.read_time = 900us;
  board.least_layer_power = Watts(1.0);
  board.greatest_layer_power = Watts(9.0);
  return board;
}

VirtualBoard thor() {
  const Volts high(19.6);
  const Volts five(4.9);
  VirtualBoard board{"thor",
                     "Jetson AGX Thor",
                     "p3834-0008",
                     "tegra264",
                     {"nvidia,p4071-0000+p3834-0008", "nvidia,p3834-0008", "nvidia,tegra264"},
                     {},
                     {"VIN"}};
  VirtualChipSetup input;
  input.kind = VirtualChipKind::kIna238;
  input.location = "2-0044";
  input.rails = {{"VIN", "module and carrier", kTwoMilliohms, high, Watts(27.0), 1.0}};
  input.conversion_time = 1052us;
  input.average_count = 16;
  board.chips = {
      stock_ina3221("2-0040",
                    {{"VDD_GPU", "GPU", kTwoMilliohms, high, Watts(0.2), 0.62},
                     {"VDD_CPU_SOC_MSS", "CPU, SOC, memory", kTwoMilliohms, high, Watts(6.0), 0.22},
                     {"VIN_SYS_5V0", "I/O", kTwoMilliohms, five, Watts(4.5), 0.05}}),
      std::move(input)};
  board.board_low_pass = 200us;
  board.read_time = 500us;
  board.least_layer_power = Watts(8.0);
  board.greatest_layer_power = Watts(70.0);
  return board;
}

const std::vector<VirtualBoard>& table() {
  static const std::vector<VirtualBoard> kBoards = {
      orin_nx_family("orin-nano", "Jetson Orin Nano", "p3767-0005",
                     {"nvidia,p3768-0000+p3767-0005", "nvidia,p3767-0005", "nvidia,tegra234"}, 3.6,
                     1.0, 8.0),
      orin_nx_family("orin-nx", "Jetson Orin NX", "p3767-0000",
                     {"nvidia,p3768-0000+p3767-0000", "nvidia,p3767-0000", "nvidia,tegra234"}, 5.4,
                     2.0, 14.0),
      agx_orin(),
      xavier_nx(),
      agx_xavier(),
      nano(),
      tx2(),
      thor(),
  };
  return kBoards;
}

}  // namespace

std::span<const VirtualBoard> virtual_boards() { return table(); }

Result<VirtualBoard> find_virtual_board(std::string_view name) {
  std::vector<std::string_view> names;
  for (const VirtualBoard& board : table()) {
    if (board.name == name) return board;
    names.push_back(board.name);
  }
  const std::optional<std::string> meant = nearest_name(name, names);
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("there is no virtual board '{}'{}; there are {}", name,
                           meant ? fmt::format(" (did you mean '{}'?)", *meant) : "",
                           fmt::join(names, ", ")));
}

Result<VirtualBoard> with_sensor_settings(VirtualBoard board, std::optional<int> samples,
                                          std::optional<Duration> conversion_time) {
  if (samples && std::ranges::find(kSampleCounts, *samples) == kSampleCounts.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the INA3221 cannot average {} samples; it knows {}", *samples,
                             fmt::join(kSampleCounts, ", ")));
  }
  if (conversion_time && std::ranges::find(kConversionTimes, to_microseconds(*conversion_time)) ==
                             kConversionTimes.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the INA3221 has no conversion time of {} µs; it knows {}",
                             to_microseconds(*conversion_time), fmt::join(kConversionTimes, ", ")));
  }
  for (VirtualChipSetup& chip : board.chips) {
    if (chip.kind == VirtualChipKind::kIna238) continue;
    if (samples) chip.average_count = *samples;
    if (conversion_time) chip.conversion_time = *conversion_time;
  }
  return board;
}

Duration conversion_cycle(const VirtualChipSetup& chip) {
  if (chip.kind == VirtualChipKind::kIna238) return chip.conversion_time * kIna238Phases;
  return chip.conversion_time * 2 * static_cast<int>(chip.rails.size());
}

Watts power_step(const VirtualChipSetup& chip, const VirtualRail& rail) {
  const double step = chip.kind == VirtualChipKind::kIna238 ? kIna238ShuntStep : kIna3221ShuntStep;
  return rail.bus * Amperes(step / rail.shunt.value());
}

SensorModel declared_model(const VirtualChipSetup& chip, const VirtualRail& rail) {
  const bool block = chip.kind == VirtualChipKind::kIna238;
  SensorModel model;
  model.period = conversion_cycle(chip);
  model.conversion_window = chip.conversion_time;
  model.averaging = block                     ? Averaging::kBlock
                    : chip.average_count == 1 ? Averaging::kNone
                                              : Averaging::kExponential;
  model.average_count = chip.average_count;
  model.lsb = power_step(chip, rail);
  model.provenance = Provenance::kDeclared;
  model.source = fmt::format("virtual {}: {} samples averaged, conversions of {} µs",
                             block ? "INA238" : "INA3221", chip.average_count,
                             to_microseconds(chip.conversion_time));
  return model;
}

Watts idle_power(const VirtualBoard& board) {
  Watts sum;
  for (const VirtualChipSetup& chip : board.chips) {
    for (const VirtualRail& rail : chip.rails) {
      if (std::ranges::find(board.total, rail.name) != board.total.end()) sum += rail.idle;
    }
  }
  return sum;
}

}  // namespace layerwatt
