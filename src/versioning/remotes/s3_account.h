#pragma once

#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/project.h"

#include "versioning/remotes/s3_signature.h"

namespace layerwatt::versioning {

/// Whose requests they are, and where they go.
struct S3Account {
  S3Keys keys;
  std::string region = "us-east-1";
  /// "http" or "https".
  std::string scheme = "https";
  std::string host;
  std::string bucket;
  /// The bucket's path, encoded, without a slash at its end; empty where it is in the host's name.
  std::string bucket_path;
  /// Before every key, not encoded; empty, or with a slash at its end.
  std::string prefix;
};

/// From the remote's options, else the environment (AWS_ACCESS_KEY_ID …, AWS_ENDPOINT_URL_S3), else
/// ~/.aws/credentials and ~/.aws/config. Where a URL names no keys at all, kPermissionDenied says
/// where they may stand.
Result<S3Account> find_s3_account(const RemoteSettings& settings);

}  // namespace layerwatt::versioning
