#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

/// Keeps lines in a file, each behind the instant of its arrival ("12.000000345::RAM …"). Allocates
/// once, and writes about once a second, so that a sensor may use it in the recorder's loop. Where
/// it cannot write any more it stops: the readings are what counts.
class LineLog {
 public:
  static Result<LineLog> create(const std::filesystem::path& path);
  LineLog(LineLog&& other) noexcept;
  LineLog& operator=(LineLog&&) = delete;
  ~LineLog();

  void add(Instant arrival, std::string_view line) noexcept;

 private:
  explicit LineLog(int fd);
  void flush(Instant now) noexcept;

  int fd_;
  std::string buffer_;
  Instant flushed_;
};

}  // namespace layerwatt
