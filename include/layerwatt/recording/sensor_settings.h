#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Sets the INA3221's `samples` (averaged conversions) for the length of a run and puts it back on
/// every way out: when this object goes, when the process is killed (a guard process of our own
/// restores then), and, if the guard was killed too, at the next start (recover()). Writing
/// `samples` leaves the conversion times alone, so the change is exactly reversible; it needs root.
///
/// JetPack's over-current warnings compare limits with the averaged value, so with fewer samples
/// they fire on shorter peaks: warnings() says which limits are set.
class SensorSettings {
 public:
  /// `chips` are hwmon folders with a `samples` attribute. `state_file` remembers the original
  /// values while they are changed; its folder must be writable and should not survive a reboot
  /// (/run), because a reboot resets the chip.
  ///
  /// kInvalidArgument: not one of 1, 4, 16, 64, 128, 256, 512, 1024, or no chip. kPermissionDenied:
  /// not root. kUnsupported: the driver took another value, or another run that still lives has
  /// changed the settings. In each case everything is as it was.
  static Result<SensorSettings> set_samples(std::span<const std::filesystem::path> chips,
                                            int samples, const std::filesystem::path& state_file);

  SensorSettings(SensorSettings&&) noexcept;
  SensorSettings& operator=(SensorSettings&&) noexcept;
  ~SensorSettings();

  /// Puts the original values back now; the destructor then has nothing to do. A chip that has lost
  /// its driver meanwhile is no failure: bound anew, the driver resets it.
  Result<void> restore();

  /// For people, each a sentence.
  const std::vector<std::string>& warnings() const;

 private:
  struct State;
  explicit SensorSettings(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What a run that died with its guard left behind: restores it and says what was restored, or is
/// not there any more, one sentence a chip. Empty where nothing was left, or where the run that
/// wrote `state_file` still lives.
Result<std::vector<std::string>> recover_sensor_settings(const std::filesystem::path& state_file);

/// "/run/layerwatt-sensor-settings".
std::filesystem::path default_settings_state_file();

}  // namespace layerwatt
