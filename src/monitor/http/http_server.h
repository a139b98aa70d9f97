#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "layerwatt/core/result.h"

#include "monitor/http/listen_address.h"
#include "monitor/http/password_file.h"

namespace layerwatt {

struct HttpRequest {
  /// "GET".
  std::string method;
  /// "/metrics", without what follows a '?'.
  std::string path;
  /// The header of that name; empty where there is none.
  std::string accept;
};

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  /// Header "Allow" of an answer 405; empty: none.
  std::string allow;
};

/// Called for each request, one at a time, in the server's own thread.
using HttpHandler = std::function<HttpAnswer(const HttpRequest&)>;

struct HttpServerOptions {
  /// PEM texts; both or none.
  std::string tls_certificate;
  std::string tls_key;
  std::optional<PasswordFile> passwords;
};

/// A server for a few clients that read: one thread at a lower priority than the caller's, no
/// bodies, 512 connections at most, each of 16 KiB and ten silent seconds at most. It ends with the
/// object.
class HttpServer {
 public:
  virtual ~HttpServer() = default;

  /// Serves on that socket. kUnsupported in a build without libmicrohttpd, and for TLS with one
  /// that has none; kInvalidArgument for a certificate and a key that do not fit.
  static Result<std::unique_ptr<HttpServer>> start(ListeningSocket socket,
                                                   HttpServerOptions options, HttpHandler handler);
};

}  // namespace layerwatt
