#pragma once

#include <memory>
#include <span>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

#include "monitor/watch/watch_view.h"

namespace layerwatt {

/// The whole terminal, taken while it lives and given back as it was.
class Screen {
 public:
  virtual ~Screen() = default;

  /// kUnsupported where there is no terminal that can be drawn on, and in a build without ncurses.
  static Result<std::unique_ptr<Screen>> open(bool color);

  virtual ViewSize size() const = 0;
  /// Whether its characters are UTF-8.
  virtual bool shows_unicode() const = 0;
  virtual void show(std::span<const ViewLine> lines) = 0;

  enum Key : int { kNothing = -1, kResized = -2 };
  /// Waits for a key, at most that long: a character, or one of Key.
  virtual int wait_for_key(Duration at_most) = 0;
};

}  // namespace layerwatt
