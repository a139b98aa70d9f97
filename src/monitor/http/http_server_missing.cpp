#include "monitor/http/http_server.h"

namespace layerwatt {

Result<std::unique_ptr<HttpServer>> HttpServer::start(ListeningSocket /*socket*/,
                                                      HttpServerOptions /*options*/,
                                                      HttpHandler /*handler*/) {
  return Error(ErrorCode::kUnsupported,
               "this layerwatt was built without libmicrohttpd, which serves metrics: install "
               "libmicrohttpd-dev and build again. --textfile works without it");
}

}  // namespace layerwatt
