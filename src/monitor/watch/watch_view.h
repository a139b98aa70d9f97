#pragma once

#include <string>
#include <vector>

#include "monitor/watch/watch_frame.h"

namespace layerwatt {

enum class ViewStyle { kPlain, kStrong, kPlot, kDim, kAlarm };

/// A line of the screen, of one style.
struct ViewLine {
  std::string text;
  ViewStyle style = ViewStyle::kPlain;
};

struct ViewSize {
  std::size_t columns = 80;
  std::size_t lines = 24;
};

/// The screen at one tick: at most `size.lines` lines of at most `size.columns` columns; what does
/// not fit is left out from the bottom up, the keys last. Pure, so that a test compares it.
std::vector<ViewLine> draw(const WatchFrame& frame, ViewSize size, bool ascii);

/// Columns that the text takes on a terminal: its characters, of which none here is wide.
std::size_t columns_of(std::string_view text);
/// The first characters of `text` that fit.
std::string cut(std::string_view text, std::size_t columns);

}  // namespace layerwatt
