#include "experiment/program/program_marks.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "layerwatt/markers.h"

namespace layerwatt {

Result<std::unique_ptr<ProgramMarks>> ProgramMarks::open(const std::string& expression,
                                                         bool with_ring) {
  std::unique_ptr<ProgramMarks> marks(new ProgramMarks);
  if (!expression.empty()) {
    auto pattern = LinePattern::compile(expression);
    if (!pattern) return std::move(pattern).error();
    marks->pattern_ = *std::move(pattern);
  }
  if (with_ring) {
    auto ring = MarkerRing::create();
    if (!ring) return std::move(ring).error();
    if (const char* other = std::getenv(LW_MARKERS_VARIABLE)) marks->other_ring_ = other;
    ::setenv(LW_MARKERS_VARIABLE, ring->path().c_str(), 1);
    marks->ring_.emplace(*std::move(ring));
  }
  return marks;
}

ProgramMarks::~ProgramMarks() {
  if (!ring_) return;
  if (other_ring_.empty()) {
    ::unsetenv(LW_MARKERS_VARIABLE);
  } else {
    ::setenv(LW_MARKERS_VARIABLE, other_ring_.c_str(), 1);
  }
}

Result<void> ProgramMarks::begin_run() {
  // What was left running by the run before has marked since.
  if (ring_) ring_->read(marks_);
  marks_.marks.clear();
  marks_.lost = 0;
  output_.reset();
  if (!pattern_) return {};
  lines_.emplace(*pattern_);
  auto output = ProgramOutput::open(*lines_, marks_);
  if (!output) return std::move(output).error();
  output_.emplace(*std::move(output));
  return {};
}

void ProgramMarks::listen(Instant at) {
  if (output_) output_->hand_on(at);
  if (ring_) ring_->read(marks_);
}

void ProgramMarks::end_run(Instant end) {
  if (output_) {
    output_->finish(end);
    matched_ += lines_->matched();
    matched_together_ += lines_->matched_together();
  }
  output_.reset();
  if (ring_) ring_->read(marks_, true);
  marked_ += marks_.marks.size();
}

std::vector<std::string> ProgramMarks::notes() const {
  std::vector<std::string> notes;
  if (pattern_ && matched_ == 0) {
    notes.emplace_back(
        "No line that the program printed matched --mark: try the expression with grep -P.");
  }
  if (matched_together_ > 0) {
    notes.push_back(fmt::format(
        "{} of {} lines that mark came together with others: the program holds its output back "
        "where it does not go to a terminal, so that these say nothing of when. Let it flush each "
        "line (PYTHONUNBUFFERED=1, or 'stdbuf -oL' before its name).",
        matched_together_, matched_));
  }
  if (ring_ && !pattern_ && marked_ == 0) {
    notes.emplace_back(
        "The program marked no region: it is to include layerwatt/markers.h, or to use "
        "layerwatt's Python package.");
  }
  return notes;
}

}  // namespace layerwatt
