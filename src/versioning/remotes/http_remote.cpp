#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "layerwatt/core/numbers.h"

#include "versioning/dvc/descriptor.h"
#include "versioning/http/url.h"
#include "versioning/remotes/http_object.h"
#include "versioning/remotes/remote.h"

namespace layerwatt::versioning {
namespace {

/// What all connections to one remote share.
struct HttpStore {
  std::string base;
  std::string method = "POST";
  HttpSettings settings;
  std::optional<std::pair<std::string, std::string>> user_and_password;
  /// A header of the person's own, with a secret in it: redirects are then not followed.
  std::optional<std::string> header;
  /// Whether the server answers HEAD as it answers GET; unknown until both were asked.
  std::atomic<int> head_is_honest{-1};
};

class HttpStoreConnection : public RemoteConnection {
 public:
  HttpStoreConnection(HttpStore& store, Meter& meter)
      : store_(store), meter_(meter), connection_(store.settings, meter) {}

  Result<bool> has(const ObjectKey& key) override {
    HttpRequest request = request_for("HEAD", key);
    if (store_.head_is_honest != 0) {
      const auto answer = connection_.send_with_retries(request);
      if (!answer) return answer.error();
      if (answer->is_success()) return true;
      if (answer->status == 404 && store_.head_is_honest == 1) return false;
      if (answer->status == 401 || answer->status == 403) return refused(*answer);
    }
    // Some servers know HEAD for nothing; DVC itself asks with GET.
    request.method = "GET";
    request.headers.push_back("Range: bytes=0-0");
    bool is_there = false;
    request.sink = [&](std::string_view, bool is_partial) {
      is_there = true;
      return is_partial;
    };
    const auto answer = connection_.send_with_retries(request);
    if (is_there) {
      store_.head_is_honest = 0;
      return true;
    }
    if (!answer) return answer.error();
    // An empty object: 416, or 200 without a body.
    if (answer->status == 416 || answer->is_success()) return true;
    if (answer->status == 404 || answer->status == 410) {
      if (store_.head_is_honest < 0) store_.head_is_honest = 1;
      return false;
    }
    return refused(*answer);
  }

  Result<void> put(const CachedObject& object) override {
    const ObjectKey& key = object.key;
    const Descriptor from(::open(object.file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!from || ::fstat(from.get(), &status) != 0) {
      return error_from_errno(errno, "open the object").at(object.file);
    }
    HttpRequest request = request_for(store_.method, key);
    request.headers.push_back("Content-Type: application/octet-stream");
    request.file = FileBody{from.get(), static_cast<std::uint64_t>(status.st_size)};
    SentMeter sent(meter_);
    request.sent = [&](std::uint64_t position) { sent.reach(position); };
    // A PUT of the same bytes may be repeated, a POST need not be the same twice.
    auto answer =
        store_.method == "PUT" ? connection_.send_with_retries(request) : send_once(request);
    if (!answer) return std::move(answer).error();
    if (answer->is_success()) return {};
    return refused(*answer);
  }

  Result<void> get(Draft& draft) override {
    const HttpRequest request = request_for("GET", draft.key());
    const auto answer = fetch_object(connection_, request, draft, meter_);
    if (!answer) return answer.error();
    if (answer->is_success()) return {};
    return refused(*answer);
  }

 private:
  HttpRequest request_for(const std::string& method, const ObjectKey& key) const {
    HttpRequest request;
    request.method = method;
    request.url = store_.base + key.path();
    request.user_and_password = store_.user_and_password;
    if (store_.header) request.headers.push_back(*store_.header);
    request.follows_redirects = !store_.header;
    return request;
  }

  Result<HttpAnswer> send_once(const HttpRequest& request) {
    std::optional<HttpFailure> failure;
    auto answer = connection_.send(request, failure);
    if (failure) return std::move(failure->error);
    return *std::move(answer);
  }

  Error refused(const HttpAnswer& answer) const {
    if (answer.status == 401 || answer.status == 403) {
      return Error(
          ErrorCode::kPermissionDenied,
          fmt::format("the server refuses access ({}): user, password or token are wrong, or "
                      "lack the right to do this; set them with 'dvc remote modify --local', "
                      "or at DagsHub in DAGSHUB_USER_TOKEN",
                      answer.status));
    }
    if (answer.status == 404)
      return Error(ErrorCode::kNotFound, "the server has no such object (404)");
    if (answer.status == 405 && store_.method == "POST") {
      return Error(
          ErrorCode::kUnsupported,
          "the server takes no POST (405), which DVC sends by default; set 'method = PUT' for "
          "this remote");
    }
    return Error(ErrorCode::kIo,
                 fmt::format("the server answered {}{}", answer.status,
                             answer.status >= 500 ? ", also when asked again" : ""));
  }

  HttpStore& store_;
  Meter& meter_;
  HttpConnection connection_;
};

class HttpRemote : public Remote {
 public:
  explicit HttpRemote(std::unique_ptr<HttpStore> store) : store_(std::move(store)) {}
  Result<std::unique_ptr<RemoteConnection>> connect(Meter& meter) override {
    return std::unique_ptr<RemoteConnection>(std::make_unique<HttpStoreConnection>(*store_, meter));
  }
  unsigned connections() const override { return 8; }

 private:
  std::unique_ptr<HttpStore> store_;
};

/// Where DagsHub keeps projects' data, its published token opens them; no file need hold it.
std::optional<std::string> dagshub_token(const std::string& host) {
  const char* token = std::getenv("DAGSHUB_USER_TOKEN");
  if (token == nullptr || *token == '\0') return std::nullopt;
  const char* other = std::getenv("DAGSHUB_CLIENT_HOST");
  const auto own = parse_url(other == nullptr ? "https://dagshub.com" : other);
  if (!own || own->host != host) return std::nullopt;
  return token;
}

Result<void> read_authentication(const RemoteSettings& settings, const Url& url, HttpStore& store) {
  const auto auth = settings.option("auth");
  const std::size_t colon = url.user_info.find(':');
  std::string user = percent_decoded(url.user_info.substr(0, colon));
  std::string password =
      colon == std::string::npos ? "" : percent_decoded(url.user_info.substr(colon + 1));
  if (const auto given = settings.option("user")) user = *given;
  if (const auto given = settings.option("password")) password = *given;
  if (auth == "custom") {
    const auto name = settings.option("custom_auth_header");
    if (!name || password.empty()) {
      return Error(
          ErrorCode::kInvalidArgument,
          fmt::format("the remote '{}' has auth = custom, which needs custom_auth_header and "
                      "password",
                      settings.name));
    }
    store.header = fmt::format("{}: {}", *name, password);
    return {};
  }
  if (auth && *auth != "basic") {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the remote '{}' has auth = {}; basic and custom work", settings.name, *auth));
  }
  const auto token = dagshub_token(url.host);
  if (user.empty() && token) user = *token;
  if (password.empty() && token) password = *token;
  if (!user.empty()) store.user_and_password = {user, password};
  return {};
}

}  // namespace

HttpSettings http_settings(const RemoteSettings& settings) {
  HttpSettings http;
  const auto verify = settings.option("ssl_verify");
  const bool is_flag = verify && (*verify == "true" || *verify == "false");
  if (verify && !is_flag) http.certificates = *verify;
  http.verifies_certificates = !verify || *verify != "false";
  const auto seconds = [&](const char* name) -> std::optional<std::chrono::seconds> {
    const auto number = parse_double(settings.option(name).value_or(""));
    if (!number || *number < 1 || *number > 86400) return std::nullopt;
    return std::chrono::seconds(static_cast<long>(*number));
  };
  if (const auto limit = seconds("connect_timeout")) http.connect_timeout = *limit;
  if (const auto limit = seconds("read_timeout")) http.stall_timeout = *limit;
  return http;
}

Result<std::unique_ptr<Remote>> open_http_remote(const RemoteSettings& settings) {
  const auto url = parse_url(settings.url);
  if (!url) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the remote '{}' has the URL '{}', which names no host", settings.name,
                             url_without_secrets(settings.url)));
  }
  auto store = std::make_unique<HttpStore>();
  std::string path = url->path;
  while (path.ends_with('/')) path.pop_back();
  store->base = url->scheme + "://" + url->host + percent_encoded(path, "/%:@!$&'()*+,;=") + '/';
  if (const auto method = settings.option("method")) store->method = *method;
  store->settings = http_settings(settings);
  if (auto read = read_authentication(settings, *url, *store); !read) {
    return std::move(read).error();
  }
  return std::unique_ptr<Remote>(std::make_unique<HttpRemote>(std::move(store)));
}

}  // namespace layerwatt::versioning
