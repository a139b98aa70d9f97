#pragma once

#include <cstdint>
#include <string_view>

#include "layerwatt/core/cancellation.h"

namespace layerwatt::versioning {

/// Hears how far long work has come. Called by one thread at a time.
class Observer {
 public:
  virtual ~Observer() = default;
  /// `total` bytes, or files where `counts_files`, are to come.
  virtual void began(std::string_view what, std::int64_t total, bool counts_files) = 0;
  virtual void advanced(std::int64_t done) = 0;
  /// Something that a person should know, a sentence.
  virtual void said(std::string_view what) = 0;
};

/// What long work has beside its arguments.
struct Watch {
  Observer* observer = nullptr;
  /// Looked at between files and pieces of files; the work then ends with kCancelled, and what was
  /// fetched is kept for the next attempt.
  const Cancellation* cancellation = nullptr;

  bool is_cancelled() const { return cancellation != nullptr && cancellation->requested(); }
};

}  // namespace layerwatt::versioning
