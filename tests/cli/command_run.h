#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/command.h"

namespace layerwatt::cli {

/// What a command left behind.
struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

/// Runs `layerwatt <words>` in this process, without a terminal.
inline Outcome run_command(const std::vector<std::string>& words) {
  std::vector<const char*> arguments{"layerwatt"};
  for (const std::string& word : words) arguments.push_back(word.c_str());
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{out, err};
  const int code = run(static_cast<int>(arguments.size()), arguments.data(), terminal);
  return {code, out.str(), err.str()};
}

}  // namespace layerwatt::cli
