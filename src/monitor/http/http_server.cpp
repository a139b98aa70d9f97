#include "monitor/http/http_server.h"

// Basic authentication in 0.9 and 1.0 alike.
#define MHD_NO_DEPRECATION 1  // NOLINT
#include <microhttpd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdarg>
#include <utility>

namespace layerwatt {
namespace {

constexpr unsigned kMostConnections = 512;
constexpr unsigned kSilentSeconds = 10;
constexpr std::size_t kConnectionMemory = 16 * 1024;
/// Below what measures: nobody who asks can take the processor from the sampler.
constexpr int kNice = 10;
constexpr const char* kRealm = "layerwatt";
constexpr const char* kTlsPriorities = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

struct ResponseDeleter {
  void operator()(MHD_Response* response) const { ::MHD_destroy_response(response); }
};
using Response = std::unique_ptr<MHD_Response, ResponseDeleter>;

struct Credentials {
  std::string user;
  std::string password;
};

std::optional<Credentials> credentials_of(MHD_Connection* connection) {
  char* password = nullptr;
  char* user = ::MHD_basic_auth_get_username_password(connection, &password);
  std::optional<Credentials> found;
  if (user != nullptr && password != nullptr) found = Credentials{user, password};
  ::MHD_free(user);
  ::MHD_free(password);
  return found;
}

/// Once in the server's thread, which the library makes.
MHD_Result take_connection(void* /*server*/, const sockaddr* /*from*/, socklen_t /*size*/) {
  thread_local const int ignored = ::setpriority(PRIO_PROCESS, 0, kNice);
  static_cast<void>(ignored);
  return MHD_YES;
}

/// Clients that go away in the middle are no news.
void say_nothing(void* /*server*/, const char* /*format*/, va_list /*arguments*/) {}

class MicroHttpServer final : public HttpServer {
 public:
  MicroHttpServer(HttpServerOptions options, HttpHandler handler)
      : options_(std::move(options)), handler_(std::move(handler)) {}
  ~MicroHttpServer() override {
    if (daemon_ != nullptr) ::MHD_stop_daemon(daemon_);
  }
  MicroHttpServer(const MicroHttpServer&) = delete;
  MicroHttpServer& operator=(const MicroHttpServer&) = delete;

  Result<void> listen(ListeningSocket socket);
  MHD_Result answer(MHD_Connection* connection, const char* url, const char* method);

 private:
  HttpServerOptions options_;
  HttpHandler handler_;
  MHD_Daemon* daemon_ = nullptr;
};

MHD_Result handle(void* server, MHD_Connection* connection, const char* url, const char* method,
                  const char* /*version*/, const char* /*upload*/, std::size_t* /*upload_size*/,
                  void** /*of_request*/) {
  return static_cast<MicroHttpServer*>(server)->answer(connection, url, method);
}

MHD_Result MicroHttpServer::answer(MHD_Connection* connection, const char* url,
                                   const char* method) {
  if (options_.passwords) {
    const auto given = credentials_of(connection);
    if (!given ||
        !options_.passwords->allows(given->user, given->password, MonotonicClock::now())) {
      static char text[] = "A user and a password are needed.\n";
      const Response response(
          ::MHD_create_response_from_buffer(sizeof(text) - 1, text, MHD_RESPMEM_PERSISTENT));
      return ::MHD_queue_basic_auth_fail_response(connection, kRealm, response.get());
    }
  }
  const char* accept =
      ::MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
  HttpAnswer answer = handler_({method, url, accept == nullptr ? "" : accept});
  const Response response(::MHD_create_response_from_buffer(answer.body.size(), answer.body.data(),
                                                            MHD_RESPMEM_MUST_COPY));
  if (!response) return MHD_NO;
  ::MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE,
                            answer.content_type.c_str());
  if (!answer.allow.empty()) {
    ::MHD_add_response_header(response.get(), MHD_HTTP_HEADER_ALLOW, answer.allow.c_str());
  }
  return ::MHD_queue_response(connection, answer.status, response.get());
}

Result<void> MicroHttpServer::listen(ListeningSocket socket) {
  const bool tls = !options_.tls_certificate.empty();
  if (tls && ::MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
    return Error(ErrorCode::kUnsupported,
                 "this libmicrohttpd was built without TLS; serve in the clear behind a proxy, or "
                 "install the distribution's libmicrohttpd");
  }
  unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO | MHD_USE_ERROR_LOG;
  std::vector<MHD_OptionItem> secure;
  if (tls) {
    flags |= MHD_USE_TLS;
    secure.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, options_.tls_certificate.data()});
    secure.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, options_.tls_key.data()});
    secure.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(kTlsPriorities)});
  }
  secure.push_back({MHD_OPTION_END, 0, nullptr});
  daemon_ = ::MHD_start_daemon(
      flags, 0, take_connection, this, handle, this, MHD_OPTION_EXTERNAL_LOGGER, say_nothing,
      nullptr, MHD_OPTION_LISTEN_SOCKET, socket.descriptor(), MHD_OPTION_CONNECTION_LIMIT,
      kMostConnections, MHD_OPTION_CONNECTION_TIMEOUT, kSilentSeconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_ARRAY, secure.data(),
      MHD_OPTION_END);
  if (daemon_ != nullptr) {
    socket.release();  // closed by MHD_stop_daemon()
    return {};
  }
  if (tls) {
    return Error(ErrorCode::kInvalidArgument,
                 "the certificate and the key cannot be used: is each a PEM file, and does the key "
                 "belong to the certificate?");
  }
  return Error(ErrorCode::kInternal, "libmicrohttpd could not start (out of descriptors?)");
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(ListeningSocket socket,
                                                      HttpServerOptions options,
                                                      HttpHandler handler) {
  auto server = std::make_unique<MicroHttpServer>(std::move(options), std::move(handler));
  if (auto listening = server->listen(std::move(socket)); !listening) {
    return std::move(listening).error();
  }
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace layerwatt
