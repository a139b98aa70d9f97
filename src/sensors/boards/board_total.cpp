#include "sensors/boards/board_total.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace layerwatt {
namespace {

/// Inputs of whole modules, by NVIDIA's naming.
constexpr std::array<std::string_view, 3> kInputNames{"VDD_IN", "POM_5V_IN", "VIN"};

std::vector<const Rail*> usable_rails(const Board& board) {
  std::vector<const Rail*> rails;
  for (const ProbedSensor& sensor : board.sensors) {
    for (const Rail& rail : sensor.rails) rails.push_back(&rail);
  }
  return rails;
}

bool has_rail(const Board& board, std::string_view name) {
  const auto rails = usable_rails(board);
  return std::any_of(rails.begin(), rails.end(), [&](const Rail* r) { return r->name == name; });
}

/// A rail of another chip with that label ("VDD_IN@1-0041 channel 1"), or empty.
std::string namesake(const Board& board, std::string_view name) {
  const std::string begin = std::string(name) + '@';
  for (const Rail* rail : usable_rails(board)) {
    if (rail->name.starts_with(begin)) return rail->name;
  }
  return {};
}

const UnusableRail* find_unusable(const Board& board, std::string_view name) {
  for (const ProbedSensor& sensor : board.sensors) {
    for (const UnusableRail& rail : sensor.unusable) {
      if (rail.name == name) return &rail;
    }
  }
  return nullptr;
}

/// The first of a total's rails that is not there, and why.
std::string missing_rail(const Board& board, const std::vector<std::string_view>& rails) {
  for (const std::string_view name : rails) {
    if (has_rail(board, name)) continue;
    if (const UnusableRail* rail = find_unusable(board, name)) {
      return fmt::format("{} is missing ({})", name, rail->reason);
    }
    if (const std::string other = namesake(board, name); !other.empty()) {
      return fmt::format("{} is missing ({} is not on the module's own chip)", name, other);
    }
    return fmt::format("{} is missing", name);
  }
  return {};
}

void add_table_totals(const KnownBoard& known, Board& board) {
  for (const KnownTotal& total : known.totals) {
    const std::string missing = missing_rail(board, total.rails);
    if (missing.empty()) {
      board.totals.push_back({std::string(total.name),
                              {total.rails.begin(), total.rails.end()},
                              std::string(total.why)});
    } else if (board.no_total_reason.empty() && board.totals.empty()) {
      board.no_total_reason = fmt::format("the total of {} is {}, and {}", known.title,
                                          fmt::join(total.rails, " + "), missing);
    }
  }
}

void add_input_total(Board& board) {
  std::vector<std::string_view> inputs;
  for (const std::string_view name : kInputNames) {
    if (has_rail(board, name)) inputs.push_back(name);
  }
  if (inputs.size() != 1) return;
  if (const std::string other = namesake(board, inputs.front()); !other.empty()) {
    board.no_total_reason = fmt::format(
        "both {} and {} are inputs by their name, and which of them feeds the board is "
        "not known; name one with --rail, or write a table of your board (--boards)",
        inputs.front(), other);
    return;
  }
  board.totals.push_back({"total",
                          {std::string(inputs.front())},
                          fmt::format("{} is the only rail that is an input by its name; the board "
                                      "is not in the table",
                                      inputs.front())});
}

/// What an x86 machine tells of itself: its processors, and its battery while that is in use.
void add_computer_totals(Board& board) {
  std::vector<std::string> packages;
  std::vector<std::string> platform;
  std::vector<std::string> batteries;
  for (const Rail* rail : usable_rails(board)) {
    if (rail->sensor == "rapl" && rail->name == "psys") platform.push_back(rail->name);
    // A sub-zone ("package-0/core") is inside its package.
    const bool top = rail->name.find('/') == std::string::npos;
    if (rail->sensor == "rapl" && top && rail->name.starts_with("package-")) {
      packages.push_back(rail->name);
    }
    if (rail->sensor == "battery") batteries.push_back(rail->name);
  }
  if (!platform.empty()) {
    board.totals.push_back({"total", platform,
                            "psys covers the platform and contains the "
                            "processor packages, which are not added"});
  } else if (!packages.empty()) {
    board.totals.push_back({"total", packages,
                            "the processor packages: the machine has no counter for all of it; "
                            "graphics cards, disks and supplies are outside, and core, uncore and "
                            "dram zones are inside their package"});
  }
  if (!batteries.empty()) {
    board.totals.push_back({"whole machine", batteries,
                            "the machine runs on its battery, which feeds all of it; the gauge is "
                            "slow, so this is for runs of minutes"});
  }
}

std::string reason_for_none(const Board& board) {
  const auto rails = usable_rails(board);
  if (!rails.empty()) {
    return fmt::format(
        "{} is not in the table of boards, and which of its rails contain others is not known, so "
        "they are not added up; name one or more with --rail, or write a table of your board "
        "(--boards, docs/sensors/own-board.md)",
        board.name);
  }
  const bool denied =
      std::any_of(board.sensors.begin(), board.sensors.end(),
                  [](const ProbedSensor& sensor) { return !sensor.unusable.empty(); });
  return denied ? "no rail can be read; the reasons stand with each rail"
                : "this machine shows no power sensor; measure with an instrument outside, replay "
                  "a recording, or use a virtual board";
}

}  // namespace

void choose_totals(const KnownBoard* known, Board& board) {
  for (const ProbedSensor& sensor : board.sensors) {
    if (!sensor.total.empty()) board.totals.push_back({"total", sensor.total, sensor.why_total});
  }
  if (!board.totals.empty()) return;
  if (known != nullptr) {
    board.no_total_reason = std::string(known->no_total_reason);
    if (!board.no_total_reason.empty()) return;
    add_table_totals(*known, board);
  }
  if (board.totals.empty() && board.no_total_reason.empty()) add_input_total(board);
  if (known == nullptr && board.totals.empty()) add_computer_totals(board);
  if (!board.totals.empty()) {
    board.no_total_reason.clear();
  } else if (board.no_total_reason.empty()) {
    board.no_total_reason = reason_for_none(board);
  }
}

}  // namespace layerwatt
