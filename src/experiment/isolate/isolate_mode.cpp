#include "experiment/isolate/isolate_mode.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "layerwatt/recording/environment.h"

namespace layerwatt {
namespace {

/// "2 (15W)" against what a person typed: its number or its name.
bool is_mode(const std::string& present, const std::string& label) {
  const std::size_t open = present.find('(');
  if (open == std::string::npos) return present == label;
  const std::string number = present.substr(0, present.find(' '));
  const std::string name = present.substr(open + 1, present.rfind(')') - open - 1);
  return label == number || label == name;
}

}  // namespace

Result<void> check_mode_label(const IsolateOptions& options) {
  const std::string& label = options.mode;
  if (label.find('/') == std::string::npos && label != "." && label != "..") return {};
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("--mode '{}' is to be the name of a folder", label));
}

Result<void> check_mode(const IsolateOptions& options, const Board& board) {
  if (options.mode.empty()) return {};
  if (auto ok = check_mode_label(options); !ok) return ok;
  const auto environment = read_environment(options.measure.power.recorder.root, board);
  const auto present = environment.find("power_mode");
  if (present == environment.end() || is_mode(present->second, options.mode)) return {};
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("the machine is in power mode {}, not in '{}': switch it with 'sudo "
                           "nvpmodel -m NUMBER', or name the mode it is in",
                           present->second, options.mode));
}

}  // namespace layerwatt
