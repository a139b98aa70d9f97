#include "versioning/http/http_connection.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "layerwatt/versioning/project.h"

#include "versioning/workspace/parallel.h"

namespace layerwatt::versioning {
namespace {

constexpr std::size_t kLargestAnswer = std::size_t{64} << 20;
constexpr long kBufferBytes = 512L * 1024;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeForm {
  void operator()(curl_mime* form) const { curl_mime_free(form); }
};

CURL* as_easy(void* easy) { return static_cast<CURL*>(easy); }

/// Once a process, before threads use it.
void* new_easy() {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  void* easy = kReady == CURLE_OK ? curl_easy_init() : nullptr;
  // Only without memory.
  if (easy == nullptr) std::abort();
  return easy;
}

void only_http(CURL* easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

/// What the command curl looks at, and libcurl does not.
const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? nullptr : value;
}

bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR:
      return true;
    default:
      return false;
  }
}

std::string_view advice(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "; is there a network, and is the name right?";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "; look at http_proxy, https_proxy and all_proxy";
    case CURLE_COULDNT_CONNECT:
      return "; does the server run, and does a firewall or proxy stand between?";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "; the server's certificate is not trusted: name the authority's file in "
             "SSL_CERT_FILE";
    case CURLE_OPERATION_TIMEDOUT:
      return "; the network or the server stands still";
    default:
      return "";
  }
}

bool is_worth_repeating(long status) { return status == 429 || (status >= 500 && status != 501); }

/// As Retry-After asks, else as the attempt's number says.
std::chrono::milliseconds pause_before(int attempt, const std::optional<HttpAnswer>& answer) {
  const std::string asked = answer ? answer->header("retry-after") : "";
  if (!asked.empty() && asked.size() < 4 &&
      asked.find_first_not_of("0123456789") == std::string::npos) {
    return std::min(std::chrono::milliseconds(std::chrono::seconds(std::atol(asked.c_str()))),
                    std::chrono::milliseconds(60'000));
  }
  auto pause = retry_policy().first_pause;
  for (int i = 1; i < attempt; ++i) pause *= 3;
  return pause;
}

}  // namespace

RetryPolicy& retry_policy() {
  static RetryPolicy policy;
  return policy;
}

/// The state of one attempt that libcurl's callbacks share.
struct HttpConnection::Transfer {
  const HttpRequest& request;
  const Meter& meter;
  CURL* easy;
  HttpAnswer answer;
  std::unique_ptr<curl_slist, FreeList> headers;
  std::unique_ptr<curl_mime, FreeForm> form;
  std::uint64_t sent = 0;
  /// Of reading the body; 0 where that worked.
  int read_errno = 0;
  bool is_refused_by_sink = false;

  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    std::string_view line(data, size * count);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    // Of a redirect, the last answer's headers count.
    if (line.starts_with("HTTP/")) transfer.answer.headers.clear();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size * count;
    std::string name(line.substr(0, colon));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    line.remove_prefix(colon + 1);
    while (line.starts_with(' ')) line.remove_prefix(1);
    transfer.answer.headers[name] = line;
    return size * count;
  }

  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::string_view bytes(data, size * count);
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (transfer.request.sink && (status == 200 || status == 206)) {
      transfer.is_refused_by_sink = !transfer.request.sink(bytes, status == 206);
      return transfer.is_refused_by_sink ? 0 : bytes.size();
    }
    if (transfer.answer.body.size() + bytes.size() > kLargestAnswer) return 0;
    transfer.answer.body += bytes;
    return bytes.size();
  }

  static std::size_t give_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const FileBody& file = *transfer.request.file;
    const std::uint64_t left = file.size - transfer.sent;
    const std::size_t wanted = std::min<std::uint64_t>(size * count, left);
    const ssize_t got = ::pread(file.descriptor, data, wanted, static_cast<off_t>(transfer.sent));
    if (got < 0 || (got == 0 && wanted > 0)) {
      transfer.read_errno = got < 0 ? errno : EIO;
      return CURL_READFUNC_ABORT;
    }
    transfer.sent += static_cast<std::uint64_t>(got);
    if (transfer.request.sent) transfer.request.sent(transfer.sent);
    return static_cast<std::size_t>(got);
  }

  static int seek_body(void* self, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Transfer*>(self)->sent = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }

  static int look_for_cancellation(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(self)->meter.is_cancelled() ? 1 : 0;
  }
};

HttpConnection::HttpConnection(HttpSettings settings, const Meter& meter)
    : settings_(std::move(settings)), meter_(meter), easy_(new_easy()) {}

HttpConnection::~HttpConnection() { curl_easy_cleanup(as_easy(easy_)); }

void HttpConnection::prepare_security() {
  CURL* easy = as_easy(easy_);
  if (!settings_.verifies_certificates) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  const char* file = environment("CURL_CA_BUNDLE");
  if (file == nullptr) file = environment("SSL_CERT_FILE");
  if (settings_.certificates) file = settings_.certificates->c_str();
  if (file != nullptr) curl_easy_setopt(easy, CURLOPT_CAINFO, file);
  if (const char* folder = environment("SSL_CERT_DIR")) {
    curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
  }
}

void HttpConnection::prepare_body(const HttpRequest& request, Transfer& transfer) {
  CURL* easy = as_easy(easy_);
  if (request.file) {
    // POST or PUT alike: as an upload, under its own name.
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kBufferBytes);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.file->size));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Transfer::give_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &Transfer::seek_body);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, &transfer);
  } else if (request.body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body->size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body->data());
  } else if (!request.form.empty()) {
    transfer.form.reset(curl_mime_init(easy));
    for (const FormPart& part : request.form) {
      curl_mimepart* made = curl_mime_addpart(transfer.form.get());
      curl_mime_name(made, part.name.c_str());
      if (part.path.empty()) {
        curl_mime_data(made, part.value.data(), part.value.size());
        continue;
      }
      curl_mime_filedata(made, part.path.c_str());
      curl_mime_filename(made, part.file_name.c_str());
      curl_mime_type(made, part.content_type.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_MIMEPOST, transfer.form.get());
  } else if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  }
}

void HttpConnection::prepare(const HttpRequest& request, Transfer& transfer) {
  CURL* easy = as_easy(easy_);
  // Options go; the connection stays open.
  curl_easy_reset(easy);
  only_http(easy);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "layerwatt");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                   static_cast<long>(settings_.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                   static_cast<long>(settings_.stall_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request.follows_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
  prepare_security();
  prepare_body(request, transfer);
  if (request.method != "HEAD") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_slist* headers = nullptr;
  // Waiting for "100 Continue" costs a second at servers that do not know it.
  headers = curl_slist_append(headers, "Expect:");
  for (const std::string& header : request.headers) {
    headers = curl_slist_append(headers, header.c_str());
  }
  transfer.headers.reset(headers);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  if (request.user_and_password) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, request.user_and_password->first.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request.user_and_password->second.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Transfer::look_for_cancellation);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
}

HttpFailure HttpConnection::describe(int code, const HttpRequest& request,
                                     const Transfer& transfer) const {
  if (meter_.is_cancelled()) return {stopped_by_a_person(), false};
  if (transfer.read_errno != 0) {
    return {error_from_errno(transfer.read_errno, "read what is to be sent"), false};
  }
  const auto curl_code = static_cast<CURLcode>(code);
  if (transfer.is_refused_by_sink) {
    return {Error(ErrorCode::kIo, "what the server sent was not taken"), false};
  }
  return {
      Error(ErrorCode::kIo, fmt::format("no answer from {}: {}{}", url_without_secrets(request.url),
                                        curl_easy_strerror(curl_code), advice(curl_code))),
      may_pass(curl_code)};
}

std::optional<HttpAnswer> HttpConnection::send(const HttpRequest& request,
                                               std::optional<HttpFailure>& failure) {
  Transfer transfer{request, meter_, as_easy(easy_), {}, {}, {}, 0, 0, false};
  prepare(request, transfer);
  const CURLcode code = curl_easy_perform(as_easy(easy_));
  if (code != CURLE_OK) {
    failure = describe(code, request, transfer);
    return std::nullopt;
  }
  failure.reset();
  curl_easy_getinfo(as_easy(easy_), CURLINFO_RESPONSE_CODE, &transfer.answer.status);
  return std::move(transfer.answer);
}

Result<HttpAnswer> HttpConnection::send_with_retries(const HttpRequest& request) {
  return send_with_retries([&] { return request; });
}

Result<HttpAnswer> HttpConnection::send_with_retries(const std::function<HttpRequest()>& make) {
  for (int attempt = 1;; ++attempt) {
    std::optional<HttpFailure> failure;
    auto answer = send(make(), failure);
    const bool is_last = attempt >= retry_policy().attempts;
    if (failure && (is_last || !failure->may_pass)) return std::move(failure->error);
    if (answer && (is_last || !is_worth_repeating(answer->status))) return *std::move(answer);
    auto pause = pause_before(attempt, answer);
    constexpr std::chrono::milliseconds kStep(100);
    for (; pause.count() > 0; pause -= kStep) {
      if (meter_.is_cancelled()) return stopped_by_a_person();
      ::usleep(static_cast<useconds_t>(std::min(pause, kStep).count() * 1000));
    }
  }
}

}  // namespace layerwatt::versioning
