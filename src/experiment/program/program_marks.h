#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/recording/line_marks.h"
#include "layerwatt/recording/marker_ring.h"
#include "layerwatt/recording/region_marks.h"

#include "experiment/program/program_output.h"

namespace layerwatt {

/// Listens to a program while it runs: to the lines that it prints, to its marks in shared memory,
/// or to both.
class ProgramMarks {
 public:
  /// `expression`: of lines (LinePattern); empty: the program's output is its own. `with_ring`: it
  /// finds a ring in its environment (layerwatt/markers.h).
  static Result<std::unique_ptr<ProgramMarks>> open(const std::string& expression, bool with_ring);
  ProgramMarks(const ProgramMarks&) = delete;
  ProgramMarks& operator=(const ProgramMarks&) = delete;
  ~ProgramMarks();

  /// Before fork(); in the child; in the parent.
  Result<void> begin_run();
  void become_the_programs() const noexcept {
    if (output_) output_->become_the_programs();
  }
  void has_begun() {
    if (output_) output_->close_the_programs_ends();
  }

  void add_to(std::vector<pollfd>& polled) const {
    if (output_) output_->add_to(polled);
  }
  /// `at`: when poll() returned.
  void listen(Instant at);
  void end_run(Instant end);

  /// Of the run that ended last.
  const RegionMarks& marks() const { return marks_; }
  /// What a reader must know of all runs, each a sentence.
  std::vector<std::string> notes() const;

 private:
  ProgramMarks() = default;

  std::optional<LinePattern> pattern_;
  std::optional<MarkerRing> ring_;
  /// The one that this process itself marks in.
  std::string other_ring_;
  RegionMarks marks_;
  std::optional<LineMarks> lines_;
  std::optional<ProgramOutput> output_;
  std::size_t matched_ = 0;
  std::size_t matched_together_ = 0;
  std::size_t marked_ = 0;
};

}  // namespace layerwatt
