#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "versioning/dvc/descriptor.h"
#include "versioning/dvc/md5.h"
#include "versioning/http/url.h"
#include "versioning/remotes/http_object.h"
#include "versioning/remotes/remote.h"
#include "versioning/remotes/s3_account.h"
#include "versioning/remotes/s3_answer.h"

namespace layerwatt::versioning {
namespace {

/// What one PUT may carry (Amazon S3's API reference, PutObject).
constexpr std::uint64_t kLargestPut = std::uint64_t{5} << 30;

class S3Connection : public RemoteConnection {
 public:
  S3Connection(const S3Account& account, const HttpSettings& settings, Meter& meter)
      : account_(account), meter_(meter), connection_(settings, meter) {}

  Result<bool> has(const ObjectKey& key) override {
    const auto answer = connection_.send_with_retries([&] { return signed_request("HEAD", key); });
    if (!answer) return answer.error();
    if (answer->is_success()) return true;
    if (answer->status != 404) return refused(*answer);
    // HEAD has no body that would tell a missing bucket from a missing object.
    if (auto there = check_bucket(); !there) return std::move(there).error();
    return false;
  }

  Result<void> put(const CachedObject& object) override {
    const ObjectKey& key = object.key;
    const Descriptor from(::open(object.file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!from || ::fstat(from.get(), &status) != 0) {
      return error_from_errno(errno, "open the object").at(object.file);
    }
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > kLargestPut) {
      return Error(
          ErrorCode::kUnsupported,
          fmt::format("{} bytes are more than S3 takes in one request (5 GiB); split the file, "
                      "or push it with 'dvc push'",
                      size));
    }
    std::map<std::string, std::string> headers;
    // The server compares: what was damaged in the cache or on the way is never taken. Names of DVC
    // 2 are no MD5 of the bytes.
    if (key.hash == HashKind::kMd5) headers["content-md5"] = base64_of_hex(key.id.hex());
    SentMeter sent(meter_);
    const auto make = [&] {
      HttpRequest request = signed_request("PUT", key, headers);
      request.file = FileBody{from.get(), size};
      request.sent = [&](std::uint64_t position) { sent.reach(position); };
      return request;
    };
    const auto answer = connection_.send_with_retries(make);
    if (!answer) return answer.error();
    if (answer->is_success()) return {};
    return refused(*answer);
  }

  Result<void> get(Draft& draft) override {
    const auto answer =
        fetch_object(connection_, signed_request("GET", draft.key()), draft, meter_);
    if (!answer) return answer.error();
    if (answer->is_success()) return {};
    return refused(*answer);
  }

  Result<std::optional<std::set<std::string>>> list(std::size_t pages) {
    std::set<std::string> paths;
    std::optional<std::string> next;
    for (std::size_t page = 0; page < pages; ++page) {
      const auto answer = connection_.send_with_retries([&] { return list_request(next, 1000); });
      if (!answer) return answer.error();
      if (!answer->is_success()) return refused(*answer);
      const auto listed = parse_s3_list(answer->body);
      if (!listed) return Error(ErrorCode::kParse, "the server's list of objects is no such list");
      for (const std::string& key : listed->keys) {
        const std::size_t place = key.rfind("files/md5/");
        if (place != std::string::npos) paths.insert(key.substr(place));
      }
      if (!listed->next) return std::optional(std::move(paths));
      next = listed->next;
    }
    return std::optional<std::set<std::string>>();
  }

 private:
  HttpRequest signed_request(const std::string& method, const ObjectKey& key,
                             const std::map<std::string, std::string>& headers = {}) const {
    const std::string path =
        account_.bucket_path + '/' + percent_encoded(account_.prefix + key.path(), "/");
    return sign({method, account_.host, path, {}, headers});
  }

  HttpRequest list_request(const std::optional<std::string>& next, int most) const {
    const std::string& path = account_.bucket_path;
    S3Request request{"GET", account_.host, path.empty() ? "/" : path, {}, {}};
    request.query = {{"list-type", "2"},
                     {"max-keys", fmt::format("{}", most)},
                     {"prefix", account_.prefix + "files/md5/"}};
    if (next) request.query.emplace_back("continuation-token", *next);
    return sign(request);
  }

  HttpRequest sign(const S3Request& request) const {
    HttpRequest http;
    http.method = request.method;
    const std::string query = canonical_query(request);
    http.url = fmt::format("{}://{}{}{}{}", account_.scheme, request.host, request.path,
                           query.empty() ? "" : "?", query);
    http.headers = signed_headers(request, account_.keys, account_.region, signature_time());
    http.follows_redirects = false;
    return http;
  }

  Result<void> check_bucket() {
    if (bucket_is_there_) return {};
    const auto answer = connection_.send_with_retries([&] { return list_request({}, 1); });
    if (!answer) return answer.error();
    const auto error = parse_s3_error(answer->body);
    if (!answer->is_success() && error && error->code == "NoSuchBucket") return refused(*answer);
    bucket_is_there_ = true;
    return {};
  }

  Error refused(const HttpAnswer& answer) const {
    const auto said = parse_s3_error(answer.body);
    const std::string code = said ? said->code : "";
    const std::string words =
        said ? fmt::format(" ({}{}{})", code, said->message.empty() ? "" : ": ", said->message)
             : "";
    const std::string region = answer.header("x-amz-bucket-region");
    if (!region.empty() && region != account_.region) {
      return Error(
          ErrorCode::kPermissionDenied,
          fmt::format("the bucket is in the region '{}', the request was for '{}'; set the "
                      "remote's 'region'",
                      region, account_.region));
    }
    if (code == "NoSuchBucket") {
      return Error(ErrorCode::kIo,
                   fmt::format("there is no bucket '{}' at {}; make it, or correct the "
                               "remote's URL",
                               account_.bucket, account_.host));
    }
    if (answer.status == 401 || answer.status == 403) {
      return Error(
          ErrorCode::kPermissionDenied,
          fmt::format("the server refuses access ({}){}: the keys are wrong or lack the right "
                      "to do this, or this machine's clock is",
                      answer.status, words));
    }
    if (code == "BadDigest" || code == "InvalidDigest") {
      return Error(
          ErrorCode::kParse,
          "the server says that the bytes are not those of their name: the object is damaged "
          "in the cache, delete it there and run 'layerwatt data add' or 'pull'");
    }
    if (answer.status == 404)
      return Error(ErrorCode::kNotFound, "the server has no such object (404)");
    return Error(ErrorCode::kIo, fmt::format("the server answered {}{}", answer.status, words));
  }

  const S3Account& account_;
  Meter& meter_;
  HttpConnection connection_;
  bool bucket_is_there_ = false;
};

class S3Remote : public Remote {
 public:
  S3Remote(S3Account account, HttpSettings settings)
      : account_(std::move(account)), settings_(std::move(settings)) {}

  Result<std::unique_ptr<RemoteConnection>> connect(Meter& meter) override {
    return std::unique_ptr<RemoteConnection>(
        std::make_unique<S3Connection>(account_, settings_, meter));
  }
  unsigned connections() const override { return 16; }
  Result<std::optional<std::set<std::string>>> list(Meter& meter, std::size_t pages) override {
    return S3Connection(account_, settings_, meter).list(pages);
  }

 private:
  S3Account account_;
  HttpSettings settings_;
};

}  // namespace

Result<std::unique_ptr<Remote>> open_s3_remote(const RemoteSettings& settings) {
  auto account = find_s3_account(settings);
  if (!account) return std::move(account).error();
  return std::unique_ptr<Remote>(
      std::make_unique<S3Remote>(*std::move(account), http_settings(settings)));
}

}  // namespace layerwatt::versioning
