#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/recording/region_marks.h"

namespace layerwatt {

/// Marks that the ring holds: a reader that looks every 20 ms loses nothing of a program that marks
/// a million times a second.
inline constexpr std::size_t kDefaultMarkerCapacity = std::size_t{1} << 17;

/// The shared memory through which programs say what region they are in (layerwatt/markers.h), and
/// the reading side of it. Any number of readers and of writers. Not thread-safe itself.
class MarkerRing {
 public:
  /// A new ring in memory ($XDG_RUNTIME_DIR, /dev/shm, or where temporary files go), for this user
  /// alone; its file goes with the object. Files that killed processes left behind go first.
  static Result<MarkerRing> create(std::size_t capacity = kDefaultMarkerCapacity);
  /// One that is there. Marks written before are not read. kParse for a file that is none.
  static Result<MarkerRing> open(const std::filesystem::path& path);
  MarkerRing(MarkerRing&& other) noexcept;
  MarkerRing& operator=(MarkerRing&&) = delete;
  ~MarkerRing();

  /// What programs find in the environment variable LAYERWATT_MARKERS.
  const std::filesystem::path& path() const { return path_; }

  /// Appends what was written since the last call, oldest first. Marks that were overwritten
  /// meanwhile, and those that make no sense, are counted as lost. `into`: the same in every call.
  /// `is_last`: nobody writes any more, so that a mark that is not finished never will be.
  void read(RegionMarks& into, bool is_last = false);

 private:
  static constexpr int kNotOwn = -1;
  MarkerRing(std::filesystem::path path, void* memory, std::size_t size, int lock);
  std::uint32_t name_of(std::uint32_t number, RegionMarks& into);

  std::filesystem::path path_;
  void* memory_;
  std::size_t size_;
  /// Descriptor of the file, locked, of one that was created.
  int lock_;
  std::uint64_t capacity_;
  std::uint64_t next_;
  /// Since when the next mark has been begun and not finished.
  Instant waiting_since_;
  /// Index into RegionMarks::names by number; of the marks read last.
  std::vector<std::uint32_t> names_;
};

}  // namespace layerwatt
