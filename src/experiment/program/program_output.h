#pragma once

#include <poll.h>

#include <array>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/recording/line_marks.h"
#include "layerwatt/recording/region_marks.h"

namespace layerwatt {

/// The output of one run of a program, on its way to ours, byte for byte. Where ours is a terminal
/// the program has one too, so that it prints line by line; where both of ours are the same, it has
/// one for both, so that their order stays.
class ProgramOutput {
 public:
  /// Marks that its lines are go to `into`. Both must outlive it.
  static Result<ProgramOutput> open(LineMarks& lines, RegionMarks& into);
  ProgramOutput(ProgramOutput&& other) noexcept;
  ProgramOutput& operator=(ProgramOutput&&) = delete;
  ~ProgramOutput();

  /// In the program, between fork and exec: its output and error become our pipes.
  void become_the_programs() const noexcept;
  /// In this process, once the program has its ends.
  void close_the_programs_ends();

  /// To be polled for POLLIN.
  void add_to(std::vector<pollfd>& polled) const;
  /// Hands on what is there, without waiting for more; it arrived at `at`.
  void hand_on(Instant at);
  /// The program ended at `end`. What it left running in the background may print on: a process of
  /// ours hands that on until it closes its end.
  void finish(Instant end);

 private:
  struct Channel {
    LineMarks::Stream stream = LineMarks::kOutput;
    /// Of ours, the program's, and of the pipe between.
    int target = -1;
    int programs_end = -1;
    int our_end = -1;
    bool is_for_both = false;
  };
  ProgramOutput(LineMarks& lines, RegionMarks& into) : lines_(&lines), into_(&into) {}
  Result<void> add_channel(LineMarks::Stream stream, int target, bool is_for_both);
  void hand_on(Channel& channel, Instant at);
  void leave_a_process_behind();

  LineMarks* lines_;
  RegionMarks* into_;
  std::vector<Channel> channels_;
};

}  // namespace layerwatt
