#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/raw_dataset.h"

namespace layerwatt {

/// Maps one model; called on several threads at once where more than one job is allowed.
using MapOne = std::function<Result<LayerProfile>(const RawModel& model)>;

struct SideBySideLimits {
  /// Models at work at once, at most; from 1.
  std::size_t jobs = 1;
  /// What they may take together in bytes, by expected_map_memory(). A model that is expected to
  /// take more runs alone. Absent: no limit.
  std::optional<std::uint64_t> memory;
};

/// What mapping a model is expected to take at its peak, in bytes, by the sizes of its files. Above
/// what was measured (docs/performance.md: 4.3 times the .npy files of 1500 s, 561 MB at most for
/// 515 layers), so that a limit holds.
std::uint64_t expected_map_memory(const RawModel& model);

/// Half of the memory that the text of /proc/meminfo calls available, in bytes: the other half is
/// the page cache's, from which the recordings are read. Absent where the text does not say it.
std::optional<std::uint64_t> half_of_available_memory(std::string_view meminfo);

/// Maps the models of a dataset side by side and hands out the results in the dataset's order. A
/// model begins only after the one before it, and no more than 8 a job are begun and not yet handed
/// out: what is held does not grow with the dataset. For one thread's use, apart from stop().
class MapSideBySide {
 public:
  /// `models` must outlive this.
  MapSideBySide(std::span<const RawModel> models, MapOne map_one, SideBySideLimits limits);
  /// Begins no further model and waits for those at work.
  ~MapSideBySide();
  MapSideBySide(const MapSideBySide&) = delete;
  MapSideBySide& operator=(const MapSideBySide&) = delete;

  /// The result of the next model; absent where it is not there within `wait`. What its mapping
  /// threw is thrown here. Precondition: has_next().
  std::optional<Result<LayerProfile>> next(std::chrono::milliseconds wait);
  /// False once all results are handed out: of all models or, after stop(), of those that had
  /// begun.
  bool has_next() const;
  /// Begins no further model; those at work go on.
  void stop();
  /// Names of the models at work, in the dataset's order.
  std::vector<std::string> at_work() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace layerwatt
