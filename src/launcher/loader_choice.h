#pragma once

#include <optional>
#include <string>
#include <vector>

namespace layerwatt::launcher {

/// Which C library the command runs on. A process has one, and every library that is opened later
/// (the board's TensorRT, CUDA, NVML) runs on it too: it must be the newer of the two.
enum class Wanted { kNewer, kBundle, kSystem };

/// What the launcher executes, and with which libraries.
struct LoaderChoice {
  std::string loader;
  /// Folders for --library-path, in order.
  std::vector<std::string> folders;
};

/// The bundle's folder is `bundle`; `system` is the folder that stands for "/". `wanted` kSystem
/// takes the system's C library whatever its age. Absent where that one is not there.
std::optional<LoaderChoice> choose_loader(const std::string& bundle, const std::string& system,
                                          Wanted wanted);

}  // namespace layerwatt::launcher
