#include "layerwatt/analysis/kept_profile.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/own_program.h"
#include "layerwatt/core/version.h"
#include "layerwatt/dataset/profile_file.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

/// Fowler, Noll and Vo's hash 1a of 64 bits (draft-eastlake-fnv): no secret is kept by it, and two
/// recordings on one machine meet by chance once in 10¹⁹.
class Fingerprint {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
    // What follows is another member.
    value_ = (value_ ^ 0xffU) * 0x100000001b3ULL;
  }
  void add(double number) { add(format_shortest(number)); }
  template <class Unit>
  void add(const std::optional<Unit>& unit) {
    if constexpr (std::is_same_v<Unit, Duration>) {
      add(unit ? std::to_string(unit->count()) : "-");
    } else if constexpr (std::is_arithmetic_v<Unit>) {
      add(unit ? std::to_string(*unit) : "-");
    } else {
      add(unit ? format_shortest(unit->value()) : "-");
    }
  }
  /// Its place, size and time of change; a file that is not there counts too.
  void add_file(const fs::path& path) {
    std::error_code error;
    add(fs::absolute(path, error).string());
    const auto size = fs::file_size(path, error);
    add(error ? "none" : std::to_string(size));
    const auto changed = fs::last_write_time(path, error);
    add(error ? "never" : std::to_string(changed.time_since_epoch().count()));
  }
  std::string text() const { return fmt::format("{:016x}", value_); }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

void add_sensor(const SensorModel& sensor, Fingerprint& print) {
  print.add(sensor.period);
  print.add(sensor.conversion_window);
  print.add(to_string(sensor.averaging));
  print.add(sensor.average_count);
  print.add(sensor.lsb);
  print.add(sensor.lag);
  print.add(sensor.board_low_pass);
  print.add(to_string(sensor.provenance));
  print.add(sensor.source);
}

std::string fingerprint_of(const RawModel& model, const SolveOptions& options) {
  Fingerprint print;
  print.add(kVersion);
  print.add_file(own_program());
  print.add(model.name);
  for (const fs::path& path :
       {model.power_log, model.layer_latency, model.engine_info, model.summary, model.run_file,
        model.power_npy, model.timeline_npy}) {
    if (path.empty()) {
      print.add("-");
    } else {
      print.add_file(path);
    }
  }
  print.add(options.sensor ? "sensor" : "-");
  if (options.sensor) add_sensor(*options.sensor, print);
  print.add(options.idle_power);
  print.add(options.confidence);
  print.add(options.max_relative_half_width);
  print.add(options.max_variance_inflation);
  print.add(options.idle_gap);
  print.add(options.separate_repeats ? "repeats" : "-");
  return print.text();
}

/// A profile as it was kept; none where there is none of this recording.
std::optional<LayerProfile> read_kept(const fs::path& file, const Timeline& timeline) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  auto profile = read_profile_json(file);
  if (!profile || profile->rows.size() != timeline.layers.size()) return std::nullopt;
  // The file holds less of a layer than the recording does.
  for (std::size_t i = 0; i < timeline.layers.size(); ++i) {
    profile->rows[i].layer = timeline.layers[i];
  }
  return *std::move(profile);
}

void keep(const fs::path& file, const LayerProfile& profile) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return;
  std::ostringstream text;
  write_profile_json(text, profile);
  // A result that cannot be kept is solved for again.
  static_cast<void>(write_file_atomically(file, text.str()));
}

}  // namespace

std::optional<fs::path> kept_profiles_folder() {
  if (const char* told = std::getenv("LAYERWATT_SOLVED")) {
    return *told == '\0' ? std::nullopt : std::optional(fs::path(told));
  }
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return fs::path(cache) / "layerwatt" / "solved";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return fs::path(home) / ".cache" / "layerwatt" / "solved";
  return std::nullopt;
}

Result<LayerProfile> solve_kept(const RawModel& model, const Recording& recording,
                                const SolveOptions& options) {
  const auto folder = kept_profiles_folder();
  if (!folder) return solve_recording(model.name, recording, options);
  const fs::path file = *folder / (fingerprint_of(model, options) + ".json");
  if (auto kept = read_kept(file, recording.timeline)) return *std::move(kept);
  auto profile = solve_recording(model.name, recording, options);
  if (profile) keep(file, *profile);
  return profile;
}

}  // namespace layerwatt
