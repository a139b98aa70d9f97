#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string_view>

#include "layerwatt/core/numbers.h"

namespace layerwatt::cli {
namespace {

bool is_dumb() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::string_view(term) == "dumb";
}

bool color_wanted() {
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && !is_dumb();
}

/// Of files and pipes: room for a layer table with all its columns.
constexpr int kWidthElsewhere = 140;

constexpr int kLeastWidth = 40;
constexpr int kMostWidth = 1000;

/// What COLUMNS says goes before what the terminal says.
int columns(int descriptor) {
  const char* asked = std::getenv("COLUMNS");
  const auto number = asked == nullptr ? std::nullopt : parse_int64(asked);
  if (number && *number >= kLeastWidth && *number <= kMostWidth) return static_cast<int>(*number);
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= kLeastWidth) return size.ws_col;
  return kWidthElsewhere;
}

}  // namespace

Terminal process_terminal() {
  Terminal terminal{std::cout, std::cerr};
  terminal.out_is_tty = ::isatty(STDOUT_FILENO) == 1;
  terminal.err_is_tty = ::isatty(STDERR_FILENO) == 1 && !is_dumb();
  terminal.color = terminal.out_is_tty && color_wanted();
  terminal.width = columns(STDOUT_FILENO);
  terminal.err_width = columns(STDERR_FILENO);
  return terminal;
}

}  // namespace layerwatt::cli
