#include "versioning/remotes/s3_account.h"

#include <fmt/format.h>

#include <cstdlib>

#include "layerwatt/core/file_text.h"

#include "versioning/dvc/config_text.h"
#include "versioning/http/url.h"

namespace layerwatt::versioning {
namespace {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

/// A value of a profile in one of AWS's own files; nullopt where file, profile or value is missing.
std::optional<std::string> profile_value(const std::string& file, const std::string& section,
                                         const std::string& key) {
  const auto text = read_file(file, std::size_t{1} << 20);
  if (!text) return std::nullopt;
  const auto sections = parse_config(*text);
  if (!sections || !sections->contains(section)) return std::nullopt;
  const auto& values = sections->at(section);
  const auto found = values.find(key);
  if (found == values.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

/// Where the three sources are asked in their order.
class Sources {
 public:
  explicit Sources(const RemoteSettings& settings) : settings_(settings) {
    const std::string home = environment("HOME").value_or("/nonexistent");
    profile_ = settings.option("profile").value_or(environment("AWS_PROFILE").value_or("default"));
    credentials_ =
        settings.option("credentialpath")
            .value_or(
                environment("AWS_SHARED_CREDENTIALS_FILE").value_or(home + "/.aws/credentials"));
    config_ = settings.option("configpath")
                  .value_or(environment("AWS_CONFIG_FILE").value_or(home + "/.aws/config"));
  }

  Result<S3Keys> keys() const {
    if (const auto id = settings_.option("access_key_id")) {
      return S3Keys{*id, settings_.option("secret_access_key").value_or(""),
                    settings_.option("session_token").value_or("")};
    }
    const auto id = environment("AWS_ACCESS_KEY_ID");
    if (id && !settings_.option("profile")) {
      return S3Keys{*id, environment("AWS_SECRET_ACCESS_KEY").value_or(""),
                    environment("AWS_SESSION_TOKEN").value_or("")};
    }
    const auto kept = profile_value(credentials_, profile_, "aws_access_key_id");
    if (kept) {
      const auto value = [&](const char* key) {
        return profile_value(credentials_, profile_, key).value_or("");
      };
      return S3Keys{*kept, value("aws_secret_access_key"), value("aws_session_token")};
    }
    return Error(
        ErrorCode::kPermissionDenied,
        fmt::format("no keys for the remote '{}': set AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY, or put the profile '{}' into {}, or give the remote "
                    "access_key_id and secret_access_key",
                    settings_.name, profile_, credentials_));
  }

  std::string region() const {
    if (const auto set = settings_.option("region")) return *set;
    if (const auto set = environment("AWS_REGION")) return *set;
    if (const auto set = environment("AWS_DEFAULT_REGION")) return *set;
    const std::string section = profile_ == "default" ? profile_ : "profile " + profile_;
    return profile_value(config_, section, "region").value_or("us-east-1");
  }

  std::optional<std::string> endpoint() const {
    if (const auto set = settings_.option("endpointurl")) return set;
    if (const auto set = environment("AWS_ENDPOINT_URL_S3")) return set;
    return environment("AWS_ENDPOINT_URL");
  }

 private:
  const RemoteSettings& settings_;
  std::string profile_;
  std::string credentials_;
  std::string config_;
};

/// Amazon's own addresses: the bucket is in the host's name where that can be.
void use_amazon(const std::string& bucket, S3Account& account) {
  if (bucket.find('.') == std::string::npos) {
    account.host = fmt::format("{}.s3.{}.amazonaws.com", bucket, account.region);
  } else {
    account.host = fmt::format("s3.{}.amazonaws.com", account.region);
    account.bucket_path = '/' + percent_encoded(bucket);
  }
}

}  // namespace

Result<S3Account> find_s3_account(const RemoteSettings& settings) {
  const auto url = parse_url(settings.url);
  if (!url) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the remote '{}' has the URL '{}'; expected s3://BUCKET/PREFIX",
                             settings.name, url_without_secrets(settings.url)));
  }
  const Sources sources(settings);
  S3Account account;
  account.region = sources.region();
  account.bucket = url->host;
  auto keys = sources.keys();
  if (!keys) return std::move(keys).error();
  account.keys = *std::move(keys);
  if (settings.option("use_ssl") == "false") account.scheme = "http";
  if (const auto endpoint = sources.endpoint()) {
    const auto where = parse_url(*endpoint);
    if (!where || (where->scheme != "http" && where->scheme != "https")) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("the remote '{}' has the endpointurl '{}'; expected http(s)://HOST",
                               settings.name, url_without_secrets(*endpoint)));
    }
    account.scheme = where->scheme;
    account.host = where->host;
    std::string path = where->path;
    while (path.ends_with('/')) path.pop_back();
    account.bucket_path = path + '/' + percent_encoded(url->host);
  } else {
    use_amazon(url->host, account);
  }
  std::string prefix = url->path;
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty()) account.prefix = prefix.substr(1) + '/';
  return account;
}

}  // namespace layerwatt::versioning
