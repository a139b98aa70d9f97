#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerwatt::versioning {

struct S3Keys {
  std::string access_key_id;
  std::string secret_access_key;
  /// Empty where there is none.
  std::string session_token;
};

/// What is signed of a request.
struct S3Request {
  std::string method;
  /// With the port.
  std::string host;
  /// Percent-encoded, from the slash on.
  std::string path;
  /// Not encoded; in any order.
  std::vector<std::pair<std::string, std::string>> query;
  /// Beside Host and those of the signature itself; names in lower case.
  std::map<std::string, std::string> headers;
};

/// The query as it must be sent: sorted and encoded; empty where there is none.
std::string canonical_query(const S3Request& request);

/// The headers that authenticate the request: AWS Signature Version 4 ("Authenticating Requests:
/// Using the Authorization Header" of Amazon S3's API reference) with an unsigned payload, whose
/// MD5 goes in Content-MD5. `time` is "YYYYMMDDTHHMMSSZ". libcurl's own signature is not used:
/// before 7.87 it cannot sign uploads.
std::vector<std::string> signed_headers(const S3Request& request, const S3Keys& keys,
                                        std::string_view region, std::string_view time);

/// Of now, for signed_headers().
std::string signature_time();

}  // namespace layerwatt::versioning
