#pragma once

#include "layerwatt/experiment/characterise.h"

namespace layerwatt {

/// A load that is on while this lives: it ends on every way out.
class LoadGuard {
 public:
  explicit LoadGuard(SwitchedLoad& load) : load_(load) { load_.on(); }
  /// Off may have been before; it is without effect then.
  ~LoadGuard() { load_.off(); }
  LoadGuard(const LoadGuard&) = delete;
  LoadGuard& operator=(const LoadGuard&) = delete;

 private:
  SwitchedLoad& load_;
};

}  // namespace layerwatt
