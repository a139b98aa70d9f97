#include "cli/run_progress.h"

namespace layerwatt::cli {

void RunProgress::phase_began(RunPhase phase, PhaseLength length) {
  progress_.reset();
  progress_ = std::make_unique<Progress>(
      terminal_.err, std::string(to_string(phase)), length.total,
      Progress::Style{terminal_.err_is_tty, terminal_.err_width, length.is_time});
}

void RunProgress::advanced(std::int64_t done) {
  if (progress_) progress_->update(done);
}

void RunProgress::said(std::string_view what) {
  if (progress_) progress_->wipe();
  terminal_.err << what << std::endl;
}

}  // namespace layerwatt::cli
