#include "sensors/boards/board_table.h"

#include <algorithm>

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

std::vector<KnownBoard> make_table() {
  std::vector<KnownBoard> boards;
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
                    ""});
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
                    ""});
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
                    ""});
  boards.push_back({"Jetson Xavier NX", {"p3668"}, nx_rails(), module_input(), ""});
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
                    ""});
  boards.push_back(
      {"Jetson Orin NX", {"p3767-0000", "p3767-0001"}, nx_rails(), module_input(), ""});
  boards.push_back({"Jetson Orin Nano",
                    {"p3767-0003", "p3767-0004", "p3767-0005"},
                    nx_rails(),
                    module_input(),
                    ""});
  boards.push_back({"Jetson AGX Thor",
                    {"p3834"},
                    {{"VIN", "module and carrier board", 0.0},
                     {"VDD_GPU", "GPU; part of VIN", 2.0},
                     {"VDD_CPU_SOC_MSS", "CPU, SOC and memory subsystem; part of VIN", 2.0},
                     {"VIN_SYS_5V0", "5 V supply; part of VIN", 2.0}},
                    {{"total", {"VIN"}, "VIN is the input of module and carrier board"}},
                    ""});
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
