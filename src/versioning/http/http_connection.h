#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "layerwatt/core/result.h"

#include "versioning/http/http_request.h"
#include "versioning/workspace/meter.h"

namespace layerwatt::versioning {

/// How a connection is made; the rest is as libcurl has it: proxies from http_proxy, https_proxy,
/// all_proxy and no_proxy, the system's certificates or those of CURL_CA_BUNDLE, SSL_CERT_FILE and
/// SSL_CERT_DIR.
struct HttpSettings {
  bool verifies_certificates = true;
  /// A file of certificates to trust instead.
  std::optional<std::string> certificates;
  std::chrono::seconds connect_timeout{30};
  /// A transfer that stands still for as long has failed.
  std::chrono::seconds stall_timeout{60};
};

/// A failed transfer, and whether the same request may do better later.
struct HttpFailure {
  Error error;
  bool may_pass = false;
};

/// Sends requests one after the other and keeps the connection open between them. One thread at a
/// time.
class HttpConnection {
 public:
  HttpConnection(HttpSettings settings, const Meter& meter);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// One attempt. Any answer of a server is a value; no answer is `failure`.
  std::optional<HttpAnswer> send(const HttpRequest& request, std::optional<HttpFailure>& failure);

  /// Repeats a request that may be repeated after a broken connection, 429 and 5xx, with growing
  /// pauses (or what Retry-After asks, up to a minute); the last answer or failure is returned.
  Result<HttpAnswer> send_with_retries(const HttpRequest& request);
  /// The same; `make` is asked for each attempt's request, which may go on where the last one
  /// broke.
  Result<HttpAnswer> send_with_retries(const std::function<HttpRequest()>& make);

  const Meter& meter() const { return meter_; }

 private:
  struct Transfer;
  void prepare(const HttpRequest& request, Transfer& transfer);
  void prepare_body(const HttpRequest& request, Transfer& transfer);
  void prepare_security();
  HttpFailure describe(int code, const HttpRequest& request, const Transfer& transfer) const;

  HttpSettings settings_;
  const Meter& meter_;
  void* easy_;
};

/// How often a request is sent at most, and the first pause; each further one is three times as
/// long. Set by tests.
struct RetryPolicy {
  int attempts = 5;
  std::chrono::milliseconds first_pause{300};
};
RetryPolicy& retry_policy();

}  // namespace layerwatt::versioning
