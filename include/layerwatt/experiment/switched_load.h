#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/sensors/board.h"

namespace layerwatt {

/// Something that draws power when asked to.
class SwitchedLoad {
 public:
  virtual ~SwitchedLoad() = default;
  virtual void on() = 0;
  /// The load has ended when it returns. Without effect where it is off.
  virtual void off() = 0;
};

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

/// Keeps all processor cores but one busy; the one left over reads the sensor.
std::unique_ptr<SwitchedLoad> make_processor_load();

/// Tells a live virtual board through its activity file that its first segment runs.
Result<std::unique_ptr<SwitchedLoad>> make_activity_load(const std::filesystem::path& activity);

/// The load that `board` measures: this machine's processor; for a virtual board, the activity that
/// it is told of. kInvalidArgument where the two do not go together.
Result<std::unique_ptr<SwitchedLoad>> make_load(const Board& board,
                                                const std::optional<std::string>& activity);

}  // namespace layerwatt
