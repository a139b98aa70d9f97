#include "monitor/watch/screen.h"

// Functions alone: the macros would take names like erase and timeout from everyone.
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstdio>
#include <cstring>

namespace layerwatt {
namespace {

enum Pair : short { kPlotPair = 1, kAlarmPair = 2 };

class CursesScreen final : public Screen {
 public:
  CursesScreen(SCREEN* screen, bool color) : screen_(screen), color_(color && ::has_colors()) {
    ::cbreak();
    ::noecho();
    ::curs_set(0);
    ::keypad(::stdscr, TRUE);
    if (!color_) return;
    ::start_color();
    ::use_default_colors();
    ::init_pair(kPlotPair, COLOR_CYAN, -1);
    ::init_pair(kAlarmPair, COLOR_RED, -1);
  }
  ~CursesScreen() override {
    ::endwin();
    ::delscreen(screen_);
  }
  CursesScreen(const CursesScreen&) = delete;
  CursesScreen& operator=(const CursesScreen&) = delete;

  ViewSize size() const override {
    return {static_cast<std::size_t>(std::max(getmaxx(::stdscr), 0)),
            static_cast<std::size_t>(std::max(getmaxy(::stdscr), 0))};
  }

  bool shows_unicode() const override { return std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0; }

  void show(std::span<const ViewLine> lines) override {
    ::erase();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const attr_t attributes = attributes_of(lines[i].style);
      ::attron(static_cast<int>(attributes));
      ::mvaddstr(static_cast<int>(i), 0, lines[i].text.c_str());
      ::attroff(static_cast<int>(attributes));
    }
    ::refresh();
  }

  int wait_for_key(Duration at_most) override {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
    ::timeout(static_cast<int>(std::max<std::int64_t>(milliseconds, 0)));
    const int key = ::getch();
    if (key == ERR) return kNothing;
    return key == KEY_RESIZE ? static_cast<int>(kResized) : key;
  }

 private:
  attr_t attributes_of(ViewStyle style) const {
    switch (style) {
      case ViewStyle::kStrong:
        return A_BOLD;
      case ViewStyle::kPlot:
        return color_ ? static_cast<attr_t>(COLOR_PAIR(kPlotPair)) : A_NORMAL;
      case ViewStyle::kDim:
        return A_DIM;
      case ViewStyle::kAlarm:
        return color_ ? static_cast<attr_t>(COLOR_PAIR(kAlarmPair)) | A_BOLD : A_REVERSE;
      case ViewStyle::kPlain:
        break;
    }
    return A_NORMAL;
  }

  SCREEN* screen_;
  bool color_;
};

}  // namespace

Result<std::unique_ptr<Screen>> Screen::open(bool color) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    return Error(ErrorCode::kUnsupported, "this is no terminal");
  }
  // For the characters of the terminal alone: numbers.h, which prints them all, looks at no locale.
  std::setlocale(LC_CTYPE, "");
  SCREEN* screen = ::newterm(nullptr, stdout, stdin);
  if (screen == nullptr) {
    return Error(ErrorCode::kUnsupported, "this terminal is not known (TERM)");
  }
  ::set_term(screen);
  // "dumb" is known, and cannot move its cursor.
  if (::tigetstr(const_cast<char*>("cup")) == nullptr) {
    ::endwin();
    ::delscreen(screen);
    return Error(ErrorCode::kUnsupported, "this terminal cannot be drawn on (TERM)");
  }
  return std::unique_ptr<Screen>(std::make_unique<CursesScreen>(screen, color));
}

}  // namespace layerwatt
