#include "versioning/remotes/http_object.h"

#include <fmt/format.h>

namespace layerwatt::versioning {

Result<HttpAnswer> fetch_object(HttpConnection& connection, const HttpRequest& request,
                                Draft& draft, Meter& meter) {
  std::optional<Error> failed;
  std::uint64_t begin = 0;
  bool is_first = true;
  const auto take = [&](std::string_view bytes, bool is_partial) {
    if (is_first && !is_partial && begin > 0) {
      if (auto restarted = draft.restart(); !restarted) failed = restarted.error();
    }
    is_first = false;
    if (!failed) {
      if (auto appended = draft.append(bytes); !appended) failed = appended.error();
    }
    meter.advance(static_cast<std::int64_t>(bytes.size()));
    return !failed;
  };
  const auto make = [&] {
    HttpRequest attempt = request;
    begin = draft.size();
    is_first = true;
    if (begin > 0) attempt.headers.push_back(fmt::format("Range: bytes={}-", begin));
    attempt.sink = take;
    return attempt;
  };
  while (true) {
    const std::uint64_t before = draft.size();
    auto answer = connection.send_with_retries(make);
    if (failed) return *std::move(failed);
    if (answer && answer->status == 416 && begin > 0) {
      // Nothing is left to fetch, or what is there is of something longer.
      if (answer->header("content-range") == fmt::format("bytes */{}", begin)) {
        answer->status = 200;
        return answer;
      }
      if (auto restarted = draft.restart(); !restarted) return std::move(restarted).error();
      continue;
    }
    // As long as anything comes between breaks, the network is worth more attempts.
    if (answer || draft.size() <= before || meter.is_cancelled()) return answer;
  }
}

}  // namespace layerwatt::versioning
