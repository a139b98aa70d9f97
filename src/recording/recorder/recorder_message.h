#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"
#include "layerwatt/recording/recorder.h"

namespace layerwatt {

/// What a recorder tells the process that started it: a summary (when ticks begin, and at the end)
/// or why it cannot begin.
struct RecorderMessage {
  std::optional<RecorderSummary> summary;
  std::optional<Error> error;
};

/// The text of a message, ended by a NUL, which JSON does not contain.
std::string format_message(const RecorderMessage& message);

/// Takes messages out of a stream that arrives in chunks of any size.
class MessageReader {
 public:
  void feed(std::string_view chunk) { pending_ += chunk; }
  /// The next whole message. One that cannot be read has neither a summary nor an error.
  std::optional<RecorderMessage> next();

 private:
  std::string pending_;
};

}  // namespace layerwatt
