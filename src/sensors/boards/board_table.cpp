#include "layerwatt/sensors/board_table.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "layerwatt/core/power_chips.h"

namespace layerwatt {
namespace {

constexpr std::string_view kModuleInput = "whole module";
constexpr std::string_view kCarrier = "carrier board";

/// TX1 and TX2: what stands on the carrier, in two more chips.
std::vector<KnownRail> with_carrier(std::vector<KnownRail> module) {
  const std::vector<KnownRail> carrier{{"VDD_MUX", "carrier board's input", 20.0},
                                       {"VDD_5V_IO_SYS", "carrier board, 5 V", 5.0},
                                       {"VDD_5V0_IO_SYS", "carrier board, 5 V", 5.0},
                                       {"VDD_3V3_SYS", "carrier board, 3.3 V", 10.0},
                                       {"VDD_3V3_IO", "carrier board, 3.3 V I/O", 10.0},
                                       {"VDD_3V3_IO_SLP", "carrier board, 3.3 V I/O", 10.0},
                                       {"VDD_1V8_IO", "carrier board, 1.8 V I/O", 10.0},
                                       {"VDD_M2_IN", "M.2 slot", 10.0},
                                       {"VDD_3V3_SYS_M2", "M.2 slot", 10.0}};
  module.insert(module.end(), carrier.begin(), carrier.end());
  return module;
}

std::vector<KnownTotal> module_and_carrier() {
  return {{"total", {"VDD_IN"}, "VDD_IN is the module's input; the carrier board is outside it"},
          {"module + carrier",
           {"VDD_IN", "VDD_MUX"},
           "VDD_IN is the module's input and VDD_MUX the carrier board's"}};
}

std::vector<KnownTotal> module_input() {
  return {{"total",
           {"VDD_IN"},
           "VDD_IN is the module's input; the carrier board is outside it, "
           "and the other rails are parts of it"}};
}

std::vector<KnownRail> agx_orin_rails() {
  return {{"VDD_GPU_SOC", "GPU and SOC (memory controllers and more)", 2.0},
          {"VDD_CPU_CV", "CPU and the vision and deep-learning accelerators", 2.0},
          {"VIN_SYS_5V0", "the module's 5 V supply: memory, I/O; contains VDDQ_VDD2_1V8AO", 2.0},
          {"VDDQ_VDD2_1V8AO", "memory and always-on; fed by VIN_SYS_5V0", 2.0}};
}

std::vector<KnownRail> nx_rails() {
  return {{"VDD_IN", kModuleInput, 5.0},
          {"VDD_CPU_GPU_CV", "CPU, GPU and accelerators; part of VDD_IN", 5.0},
          {"VDD_SOC", "SOC (memory controllers and more); part of VDD_IN", 5.0}};
}

// How the boards are simulated: chips, addresses and settings as the stock systems have them
// (docs/sensors/boards.md), typical powers.

using namespace std::chrono_literals;

SimulatedChip stock_ina3221(std::string_view location, std::vector<SimulatedRail> rails) {
  // nvpower.sh: samples 512 and update_interval 430, which gives these conversion times.
  const Duration conversion = rails.size() == 3 ? 140us : rails.size() == 2 ? 204us : 332us;
  return {PowerChipKind::kIna3221Hwmon, location, std::move(rails), conversion,
          ina3221::kStockAverages};
}

SimulatedChip iio_ina3221(std::string_view location, std::vector<SimulatedRail> rails) {
  // CONFIG 0x7727, continuous mode of JetPack 4's driver.
  return {PowerChipKind::kIna3221Iio, location, std::move(rails), 1100us, 64};
}

SimulatedBoard simulated_orin_nx_family(std::string_view name, std::string_view module,
                                        std::string_view with_carrier, double idle, double least,
                                        double greatest) {
  SimulatedBoard board{name, module, "tegra234", {with_carrier, {}, "nvidia,tegra234"}};
  board.chips = {stock_ina3221("1-0040", {{"VDD_IN", 5.0, idle, 1.0},
                                          {"VDD_CPU_GPU_CV", 5.0, 0.14 * idle, 0.62},
                                          {"VDD_SOC", 5.0, 0.30 * idle, 0.18}})};
  board.board_low_pass = 120us;
  board.read_time = 1100us;
  board.least_layer_watts = least;
  board.greatest_layer_watts = greatest;
  return board;
}

SimulatedBoard simulated_orin_nano() {
  SimulatedBoard board = simulated_orin_nx_family("orin-nano", "p3767-0005",
                                                  "nvidia,p3768-0000+p3767-0005", 3.6, 1.0, 8.0);
  board.compatible[1] = "nvidia,p3767-0005";
  return board;
}

SimulatedBoard simulated_orin_nx() {
  SimulatedBoard board = simulated_orin_nx_family("orin-nx", "p3767-0000",
                                                  "nvidia,p3768-0000+p3767-0000", 5.4, 2.0, 14.0);
  board.compatible[1] = "nvidia,p3767-0000";
  return board;
}

SimulatedBoard simulated_agx_orin() {
  SimulatedBoard board{"agx-orin",
                       "p3701-0005",
                       "tegra234",
                       {"nvidia,p3737-0000+p3701-0005", "nvidia,p3701-0005", "nvidia,tegra234"}};
  SimulatedChip second = stock_ina3221("1-0041", {{"VDDQ_VDD2_1V8AO", 5.0, 0.45, 0.08}});
  second.first_channel = 2;
  board.chips = {stock_ina3221("1-0040", {{"VDD_GPU_SOC", 20.0, 3.2, 0.66},
                                          {"VDD_CPU_CV", 20.0, 0.9, 0.10},
                                          {"VIN_SYS_5V0", 5.0, 3.4, 0.24}}),
                 std::move(second)};
  // JetPack 6 leaves VIN_SYS_5V0, which has another voltage, out of the sum.
  board.chips.front().summed_rails = 2;
  board.board_low_pass = 150us;
  board.read_time = 1100us;
  board.least_layer_watts = 3.0;
  board.greatest_layer_watts = 28.0;
  return board;
}

SimulatedBoard simulated_xavier_nx() {
  SimulatedBoard board{"xavier-nx",
                       "p3668-0000",
                       "tegra194",
                       {"nvidia,p3509-0000+p3668-0000", "nvidia,p3668-0000", "nvidia,tegra194"}};
  board.chips = {stock_ina3221("7-0040", {{"VDD_IN", 5.0, 3.5, 1.0},
                                          {"VDD_CPU_GPU_CV", 5.0, 0.6, 0.60},
                                          {"VDD_SOC", 5.0, 0.9, 0.20}})};
  board.board_low_pass = 120us;
  board.read_time = 1200us;
  board.least_layer_watts = 1.0;
  board.greatest_layer_watts = 9.0;
  return board;
}

SimulatedBoard simulated_agx_xavier() {
  SimulatedBoard board{"agx-xavier",
                       "p2888-0001",
                       "tegra194",
                       {"nvidia,p2972-0000", "nvidia,p2888-0001", "nvidia,tegra194"}};
  board.chips = {
      stock_ina3221("1-0040",
                    {{"GPU", 19.0, 0.3, 0.55}, {"CPU", 19.0, 0.9, 0.10}, {"SOC", 19.0, 1.8, 0.13}}),
      stock_ina3221(
          "1-0041",
          {{"CV", 19.0, 0.15, 0.02}, {"VDDRQ", 19.0, 0.8, 0.14}, {"SYS5V", 5.0, 2.2, 0.06}})};
  board.board_low_pass = 150us;
  board.read_time = 1200us;
  board.least_layer_watts = 2.0;
  board.greatest_layer_watts = 18.0;
  return board;
}

SimulatedBoard simulated_nano() {
  SimulatedBoard board{
      "nano",
      "p3448-0000",
      "tegra210",
      {"nvidia,p3449-0000-b00+p3448-0000-b00", "nvidia,p3448-0000", "nvidia,tegra210"}};
  board.chips = {iio_ina3221("6-0040", {{"POM_5V_IN", 5.1, 1.9, 1.0},
                                        {"POM_5V_GPU", 5.1, 0.04, 0.55},
                                        {"POM_5V_CPU", 5.1, 0.5, 0.20}})};
  board.board_low_pass = 100us;
  board.read_time = 900us;
  board.least_layer_watts = 0.6;
  board.greatest_layer_watts = 6.0;
  return board;
}

SimulatedBoard simulated_tx2() {
  SimulatedBoard board{"tx2",
                       "p3310-1000",
                       "tegra186",
                       {"nvidia,p2597-0000+p3310-1000", "nvidia,p3310-1000", "nvidia,tegra186"}};
  board.chips = {iio_ina3221("0-0040", {{"VDD_SYS_GPU", 19.0, 0.15, 0.55},
                                        {"VDD_SYS_SOC", 19.0, 0.6, 0.10},
                                        {"VDD_4V0_WIFI", 4.8, 0.02, 0.0}}),
                 iio_ina3221("0-0041", {{"VDD_IN", 19.0, 3.1, 1.0},
                                        {"VDD_SYS_CPU", 19.0, 0.4, 0.12},
                                        {"VDD_SYS_DDR", 4.8, 0.6, 0.14}})};
  board.board_low_pass = 150us;
  board.read_time = 900us;
  board.least_layer_watts = 1.0;
  board.greatest_layer_watts = 9.0;
  return board;
}

SimulatedBoard simulated_thor() {
  SimulatedBoard board{"thor",
                       "p3834-0008",
                       "tegra264",
                       {"nvidia,p4071-0000+p3834-0008", "nvidia,p3834-0008", "nvidia,tegra264"}};
  board.chips = {stock_ina3221("2-0040", {{"VDD_GPU", 19.6, 0.2, 0.62},
                                          {"VDD_CPU_SOC_MSS", 19.6, 6.0, 0.22},
                                          {"VIN_SYS_5V0", 4.9, 4.5, 0.05}}),
                 {PowerChipKind::kIna238,
                  "2-0044",
                  {{"VIN", 19.6, 27.0, 1.0, 2.0}},
                  ina238::kUsualConversionTime,
                  ina238::kUsualAverages}};
  board.board_low_pass = 200us;
  board.read_time = 500us;
  board.least_layer_watts = 8.0;
  board.greatest_layer_watts = 70.0;
  return board;
}

std::vector<KnownBoard> make_table() {
  std::vector<KnownBoard> boards;
  boards.push_back({"Jetson AGX Thor",
                    {"p3834"},
                    {{"VIN", "module and carrier board", 0.0},
                     {"VDD_GPU", "GPU; part of VIN", 2.0},
                     {"VDD_CPU_SOC_MSS", "CPU, SOC and memory subsystem; part of VIN", 2.0},
                     {"VIN_SYS_5V0", "5 V supply; part of VIN", 2.0}},
                    {{"total", {"VIN"}, "VIN is the input of module and carrier board"}},
                    "",
                    simulated_thor()});
  boards.push_back({"Jetson TX1",
                    {"p2180", "p2371-2180"},
                    with_carrier({{"VDD_IN", kModuleInput, 20.0},
                                  {"VDD_GPU", "GPU; part of VDD_IN", 10.0},
                                  {"VDD_CPU", "CPU; part of VDD_IN", 10.0}}),
                    module_and_carrier(),
                    ""});
  boards.push_back({"Jetson TX2",
                    {"p3310", "p3489", "p2771"},
                    with_carrier({{"VDD_IN", kModuleInput, 5.0},
                                  {"VDD_SYS_GPU", "GPU; part of VDD_IN", 10.0},
                                  {"VDD_SYS_SOC", "SOC; part of VDD_IN", 10.0},
                                  {"VDD_4V0_WIFI", "wireless; part of VDD_IN", 10.0},
                                  {"VDD_3V8_WIFI", "wireless; part of VDD_IN", 10.0},
                                  {"VDD_SYS_CPU", "CPU; part of VDD_IN", 10.0},
                                  {"VDD_SYS_DDR", "memory; part of VDD_IN", 10.0},
                                  {"VDD_5V0_DDR", "memory; part of VDD_IN", 10.0}}),
                    module_and_carrier(),
                    "",
                    simulated_tx2()});
  boards.push_back({"Jetson TX2 NX",
                    {"p3636"},
                    {{"VDD_IN", kModuleInput, 5.0},
                     {"VDD_CPU_GPU", "CPU and GPU; part of VDD_IN", 5.0},
                     {"VDD_SOC", "SOC; part of VDD_IN", 5.0}},
                    module_input(),
                    ""});
  boards.push_back({"Jetson Nano 2GB",
                    {"p3448-0003"},
                    {},
                    {},
                    "the Jetson Nano 2GB has no power monitor; an instrument outside is needed"});
  boards.push_back({"Jetson Nano",
                    {"p3448", "p3450"},
                    {{"POM_5V_IN", kModuleInput, 5.0},
                     {"POM_5V_GPU", "GPU; part of POM_5V_IN", 5.0},
                     {"POM_5V_CPU", "CPU; part of POM_5V_IN", 5.0}},
                    {{"total",
                      {"POM_5V_IN"},
                      "POM_5V_IN is the module's input; the other rails are parts of it"}},
                    "",
                    simulated_nano()});
  boards.push_back({"Jetson AGX Xavier",
                    {"p2888", "p2972"},
                    {{"GPU", "GPU", 5.0},
                     {"CPU", "CPU", 5.0},
                     {"SOC", "SOC (memory controllers and more)", 5.0},
                     {"CV", "vision and deep-learning accelerators", 5.0},
                     {"VDDRQ", "memory", 5.0},
                     {"SYS5V", "the module's 5 V supply: I/O", 5.0}},
                    {{"total",
                      {"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"},
                      "the module has no input rail; the six rails are fed in parallel and add up "
                      "to it"}},
                    "",
                    simulated_agx_xavier()});
  boards.push_back(
      {"Jetson Xavier NX", {"p3668"}, nx_rails(), module_input(), "", simulated_xavier_nx()});
  const std::vector<std::string_view> agx_orin_total{"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"};
  std::vector<KnownRail> igx = agx_orin_rails();
  igx.push_back({"CVB_ATX_12V", kCarrier, 2.0});
  igx.push_back({"CVB_ATX_3V3", kCarrier, 2.0});
  igx.push_back({"CVB_ATX_5V", kCarrier, 2.0});
  boards.push_back({"IGX Orin",
                    {"p3701-0002", "p3701-0008"},
                    std::move(igx),
                    {{"total", agx_orin_total,
                      "the module alone: VDDQ_VDD2_1V8AO is fed by VIN_SYS_5V0 and not added; "
                      "whether the CVB_ATX rails make up the whole board is not known"}},
                    ""});
  boards.push_back({"Jetson AGX Orin",
                    {"p3701"},
                    agx_orin_rails(),
                    {{"total", agx_orin_total,
                      "the module has no input rail; these three are fed in parallel. "
                      "VDDQ_VDD2_1V8AO is fed by VIN_SYS_5V0 and would be counted twice"}},
                    "",
                    simulated_agx_orin()});
  boards.push_back({"Jetson Orin NX",
                    {"p3767-0000", "p3767-0001"},
                    nx_rails(),
                    module_input(),
                    "",
                    simulated_orin_nx()});
  boards.push_back({"Jetson Orin Nano",
                    {"p3767-0003", "p3767-0004", "p3767-0005"},
                    nx_rails(),
                    module_input(),
                    "",
                    simulated_orin_nano()});
  return boards;
}

/// "p3448" matches p3448, p3448-0000 and p3448-0000-b00.
bool matches(std::string_view module, std::string_view part) {
  return module.starts_with(part) && (module.size() == part.size() || module[part.size()] == '-');
}

}  // namespace

std::span<const KnownBoard> board_table() {
  static const std::vector<KnownBoard> kTable = make_table();
  return kTable;
}

const KnownBoard* find_board(std::string_view module) {
  if (module.empty()) return nullptr;
  for (const KnownBoard& board : board_table()) {
    if (std::any_of(board.parts.begin(), board.parts.end(),
                    [&](std::string_view part) { return matches(module, part); })) {
      return &board;
    }
  }
  return nullptr;
}

const KnownRail* find_known_rail(const KnownBoard* board, std::string_view name) {
  if (board == nullptr) return nullptr;
  const auto at = std::find_if(board->rails.begin(), board->rails.end(),
                               [&](const KnownRail& rail) { return rail.name == name; });
  return at == board->rails.end() ? nullptr : &*at;
}

}  // namespace layerwatt
