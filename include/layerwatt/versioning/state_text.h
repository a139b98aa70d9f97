#pragma once

#include <ostream>
#include <span>

#include "layerwatt/versioning/workspace.h"

namespace layerwatt::versioning {

/// "modified  data  2 files added, 1 modified" a line; of folders up to `most_files` changed files
/// below it. Names are made printable by whoever owns the terminal: control characters are escaped
/// as "\x1b".
void print_states(std::ostream& out, std::span<const OutputState> states, std::size_t most_files);

/// An array of {"path", "state", "in_cache", "files": [{"path", "change"}]}.
void write_states_json(std::ostream& out, std::span<const OutputState> states);

/// Whether any of them differs from what is recorded.
bool has_changes(std::span<const OutputState> states);

}  // namespace layerwatt::versioning
