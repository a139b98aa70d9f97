#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace layerwatt::cli {
namespace {

bool color_wanted() {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) != "dumb";
}

/// Of files and pipes: room for a layer table with all its columns.
constexpr int kWidthElsewhere = 140;

int columns(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
  return kWidthElsewhere;
}

}  // namespace

Terminal process_terminal() {
  Terminal terminal{std::cout, std::cerr};
  terminal.out_is_tty = ::isatty(STDOUT_FILENO) == 1;
  terminal.err_is_tty = ::isatty(STDERR_FILENO) == 1;
  terminal.color = terminal.out_is_tty && color_wanted();
  terminal.width = columns(STDOUT_FILENO);
  terminal.err_width = columns(STDERR_FILENO);
  return terminal;
}

}  // namespace layerwatt::cli
