#pragma once

#include <string_view>

namespace layerwatt {

/// The name under which SystemRoot::options holds the file of a user's own table of boards
/// (docs/sensors/own-board.md), which stands before layerwatt's for whatever looks at that root:
///
///   {"boards": [{"title": "Camera 3", "modules": ["p3767-0000"], "compatible": ["acme,camera"],
///     "model": "Acme Camera",
///     "rails": [{"name": "VDD_12V", "covers": "whole board", "milliohm": 5}],
///     "totals": [{"name": "total", "rails": ["VDD_12V"], "why": "the board's only input"}],
///     "no_total": "why there is none"}]}
///
/// A board needs a title, one of modules, compatible and model, and a total or the reason for none.
/// detect_board() answers a file that is wrong with kParse, which names the member.
inline constexpr std::string_view kBoardsOption = "boards";

}  // namespace layerwatt
