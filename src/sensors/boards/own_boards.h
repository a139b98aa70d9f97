#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/sensors/board_table.h"
#include "layerwatt/sensors/sensor.h"

#include "sensors/boards/board_identity.h"

namespace layerwatt {

/// A board of a user's table. `board` holds views into OwnBoards::texts.
struct OwnBoard {
  KnownBoard board;
  /// Entries of the device tree's `compatible`, or the model that the machine tells, whole: for
  /// boards that carry no module of NVIDIA's.
  std::vector<std::string> compatible;
  std::string model;
};

struct OwnBoards {
  /// Never moves its elements.
  std::deque<std::string> texts;
  std::vector<OwnBoard> boards;
};

/// The boards in the text of a user's table (layerwatt/sensors/own_boards.h).
Result<OwnBoards> parse_own_boards(std::string_view text);

/// The row for a machine: of the user's boards, if `root` names a file of them, before those of the
/// table; nullptr where there is none. It lives as long as the process. Errors: of the file.
Result<const KnownBoard*> find_board_of(const SystemRoot& root, const BoardIdentity& identity);

/// The same for whoever comes after detect_board(), which has told of the file's faults.
const KnownBoard* known_board_of(const SystemRoot& root, const BoardIdentity& identity);

}  // namespace layerwatt
