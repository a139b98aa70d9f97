#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/sensors/sensor.h"

#include "dataset/temporary_folder.h"
#include "sensors/file_calls.h"

namespace layerwatt::testing {

/// File calls that fail where they are told to, by path or, for files opened before, by what they
/// were opened as.
class FailingCalls final : public FileCalls {
 public:
  int open(const char* path) const noexcept override;
  long read(int descriptor, char* buffer, std::size_t size) const noexcept override;
  void close(int descriptor) const noexcept override;

  /// Error numbers by path; EACCES fails on opening, all others on reading.
  std::map<std::string, int, std::less<>> errors;
  /// How often each path was read.
  mutable std::map<std::string, int, std::less<>> reads;

 private:
  mutable std::map<int, std::string> open_;
};

/// A temporary tree of attributes, removed at the end.
///
/// The trees under tests/data/sysfs/ are one text file each: a line is `path = content` (\0 and \n
/// are escapes; a newline is added below sys/), `path -> target` (a symbolic link) or
/// `path ! ENODATA` (reading fails so). `[folder]` is put before the paths that follow it; '#'
/// begins a comment.
class SysfsTree {
 public:
  SysfsTree() = default;
  /// The tree of tests/data/sysfs/<name>.tree.
  explicit SysfsTree(std::string_view name);

  /// With the failures.
  SystemRoot root() const { return {path(), &calls_}; }
  const std::filesystem::path& path() const { return tree_.path(); }

  void write(const std::string& file, std::string_view content);
  /// Adds a newline, as sysfs does.
  void set(const std::string& file, std::string_view content);
  void remove(const std::string& file);
  void fail(const std::string& file, int error_number);
  void recover(const std::string& file);
  int reads_of(const std::string& file) const;

 private:
  void add_line(std::string_view line);

  TemporaryFolder tree_;
  std::string folder_;
  FailingCalls calls_;
};

}  // namespace layerwatt::testing
