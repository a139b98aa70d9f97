#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace layerwatt {

/// What was noted while a run was recorded, what was assumed of the network's inputs above all,
/// stands under each table that is made of it later. Notes that are there already stay once.
inline void add_notes_of_run(const std::vector<std::string>& of_run,
                             std::vector<std::string>& notes) {
  for (const std::string& note : of_run) {
    if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
  }
}

}  // namespace layerwatt
