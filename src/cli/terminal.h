#pragma once

#include <ostream>

namespace layerwatt::cli {

/// Where a command talks to people, and what it may use there.
struct Terminal {
  std::ostream& out;
  std::ostream& err;
  bool out_is_tty = false;
  /// Whether `err` is a terminal that can redraw a line (TERM not "dumb"): for progress bars.
  bool err_is_tty = false;
  /// Colour on `out`: a terminal, TERM not "dumb", NO_COLOR unset (no-color.org).
  bool color = false;
  /// Columns of `out` and of `err`; process_terminal() takes COLUMNS where it is set, and says 140
  /// where they are no terminals.
  int width = 100;
  int err_width = 100;
  /// Of a command that is done, where it hands on the exit status of a program that it ran.
  int exit_code = 0;
};

/// The process's own terminal.
Terminal process_terminal();

}  // namespace layerwatt::cli
