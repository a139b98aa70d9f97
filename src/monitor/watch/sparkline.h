#pragma once

#include <string>
#include <vector>

#include "monitor/watch/watch_frame.h"

namespace layerwatt {

/// The newest `width` values as a plot of `height` lines of text, the highest first, from 0 to the
/// greatest of them (or `least_top`, where that is more). Eighths of blocks, or '#' and '.' in
/// ASCII; blanks where nothing was read. Every line is `width` columns wide.
std::vector<std::string> plot(const PowerHistory& history, std::size_t width, std::size_t height,
                              double least_top, bool ascii);

}  // namespace layerwatt
