#pragma once

#include <cstdint>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/project.h"

#include "versioning/http/http_connection.h"
#include "versioning/remotes/draft.h"
#include "versioning/workspace/meter.h"

namespace layerwatt::versioning {

/// Timeouts and certificates from a remote's options.
HttpSettings http_settings(const RemoteSettings& settings);

/// Sends `request`, a GET, for what the draft lacks; after a broken connection asks again for the
/// rest (Range). A server that begins anew is followed. An answer that is no success has left the
/// draft alone.
Result<HttpAnswer> fetch_object(HttpConnection& connection, const HttpRequest& request,
                                Draft& draft, Meter& meter);

/// Advances a meter by what is sent for the first time.
class SentMeter {
 public:
  explicit SentMeter(Meter& meter) : meter_(meter) {}
  void reach(std::uint64_t position) {
    if (position <= highest_) return;
    meter_.advance(static_cast<std::int64_t>(position - highest_));
    highest_ = position;
  }

 private:
  Meter& meter_;
  std::uint64_t highest_ = 0;
};

}  // namespace layerwatt::versioning
