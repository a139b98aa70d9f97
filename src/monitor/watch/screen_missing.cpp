#include "monitor/watch/screen.h"

namespace layerwatt {

Result<std::unique_ptr<Screen>> Screen::open(bool /*color*/) {
  return Error(ErrorCode::kUnsupported,
               "this layerwatt was built without ncurses: install libncurses-dev and build again");
}

}  // namespace layerwatt
