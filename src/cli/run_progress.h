#pragma once

#include <memory>

#include "layerwatt/experiment/measure.h"
#include "layerwatt/report/progress.h"

#include "cli/terminal.h"

namespace layerwatt::cli {

/// Shows the phases of a run.
class RunProgress final : public MeasureObserver {
 public:
  explicit RunProgress(Terminal& terminal) : terminal_(terminal) {}

  void phase_began(RunPhase phase, PhaseLength length) override;
  void advanced(std::int64_t done) override;
  void said(std::string_view what) override;
  void finish() { progress_.reset(); }

 private:
  Terminal& terminal_;
  std::unique_ptr<Progress> progress_;
};

}  // namespace layerwatt::cli
