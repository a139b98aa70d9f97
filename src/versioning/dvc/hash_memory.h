#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "layerwatt/versioning/project.h"

namespace layerwatt::versioning {

/// Remembers hashes of files by inode, size and time of change, in a file of our own below
/// `.dvc/tmp/`, so that `status` and `add` read only what changed. A file younger than two seconds
/// is not remembered: it could change within the clock's step. Thread-safe.
class HashMemory {
 public:
  /// What cannot be read is as if empty: it only saves time.
  explicit HashMemory(const Project& project);
  ~HashMemory();
  HashMemory(const HashMemory&) = delete;
  HashMemory& operator=(const HashMemory&) = delete;

  std::optional<std::string> find(const struct stat& file) const;
  void remember(const struct stat& file, const std::string& hex);
  /// Of an object that was written by us under another name, hashed, closed and moved into place:
  /// nobody else can have it open for writing, so it need not be as old. What is written within
  /// the clock's step of the end of this command is forgotten then.
  void remember_sealed(const struct stat& file, const std::string& hex);

 private:
  struct Seen {
    std::uint64_t size;
    std::int64_t changed_ns;
    std::int64_t status_changed_ns;
    std::string hex;
    bool is_sealed = false;
  };
  /// A line of the file.
  void load_line(std::string_view line);
  void keep(const struct stat& file, const std::string& hex, bool is_sealed);

  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Seen> seen_;
  std::uint64_t added_ = 0;
};

}  // namespace layerwatt::versioning
