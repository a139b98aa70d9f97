#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt::versioning {

/// What an S3 server says of a failure.
struct S3Error {
  std::string code;
  std::string message;
};

/// nullopt where the body is no such answer.
std::optional<S3Error> parse_s3_error(std::string_view body);

/// One page of ListObjectsV2.
struct S3Page {
  std::vector<std::string> keys;
  /// Absent on the last page.
  std::optional<std::string> next;
};

/// nullopt where the body is no list.
std::optional<S3Page> parse_s3_list(std::string_view body);

}  // namespace layerwatt::versioning
