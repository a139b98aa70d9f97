#include "monitor/http/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A connection to the server under test.
class Client {
 public:
  explicit Client(const std::string& name) {
    const auto address = parse_listen_address(name);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(parse_int64(address->port).value_or(0)));
    ::inet_pton(AF_INET, address->host.c_str(), &to.sin_addr);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void say(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server has had enough
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Everything until the server closes.
  std::string hear() const {
    std::string all;
    std::array<char, 4096> part{};
    for (;;) {
      const ssize_t got = ::recv(fd_, part.data(), part.size(), 0);
      if (got <= 0) return all;
      all.append(part.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  int fd_ = -1;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void start(HttpServerOptions options = {}) {
    auto socket = ListeningSocket::open({"127.0.0.1", "0"});
    ASSERT_TRUE(socket) << socket.error().message();
    name_ = socket->name();
    auto server =
        HttpServer::start(*std::move(socket), std::move(options), [](const HttpRequest& request) {
          HttpAnswer answer;
          answer.body = request.method + " " + request.path + " " + request.accept + "\n";
          if (request.path == "/nothing") answer.status = 404;
          return answer;
        });
    if (!server && server.error().code() == ErrorCode::kUnsupported) {
      GTEST_SKIP() << server.error().message();
    }
    ASSERT_TRUE(server) << server.error().message();
    server_ = *std::move(server);
  }
  std::string ask(const std::string& request) const {
    const Client client(name_);
    client.say(request + "Connection: close\r\n\r\n");
    return client.hear();
  }

  std::string name_;
  std::unique_ptr<HttpServer> server_;
};

constexpr const char* kGet = "GET /metrics HTTP/1.1\r\nHost: board\r\n";

TEST_F(HttpServerTest, Answers) {
  start();
  if (!server_) return;
  const std::string answer = ask(std::string(kGet) + "Accept: text/plain\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nGET /metrics text/plain\n"));
  EXPECT_THAT(ask("GET /nothing?x=1 HTTP/1.1\r\nHost: b\r\n"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  if (!server_) return;
  const std::string answer = ask("HEAD /metrics HTTP/1.1\r\nHost: board\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, AnswersOthersWhileSomeSendHalfARequest) {
  start();
  if (!server_) return;
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(std::make_unique<Client>(name_));
    slow.back()->say("GET /metrics HTTP/1.1\r\nHo");
  }
  EXPECT_THAT(ask(kGet), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, EndsAHugeHeader) {
  start();
  if (!server_) return;
  const Client client(name_);
  client.say(std::string(kGet) + "X: " + std::string(1 << 20, 'a'));
  const std::string answer = client.hear();
  // A client that is still talking may find the line cut instead of the answer.
  if (!answer.empty()) {
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 4"));
  }
  EXPECT_THAT(ask(kGet), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, SurvivesWhatIsNoRequest) {
  start();
  if (!server_) return;
  for (const char* text :
       {"\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "POST /metrics HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nab"}) {
    const Client client(name_);
    client.say(text);
  }
  EXPECT_THAT(ask(kGet), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, AsksForThePassword) {
  auto passwords = PasswordFile::parse(
      "prometheus:$6$layerwatt$"
      "H4wLJ8MWJomL4X2gPhSnIyXDHVeKc7lLjvnVGPBbjxjQMv1SPyh9eAbeQ.zwrZmhyB4EOVLjZ9rCzCVPZ1N2E0");
  if (!passwords) GTEST_SKIP() << passwords.error().message();
  HttpServerOptions options;
  options.passwords = *std::move(passwords);
  start(std::move(options));
  if (!server_) return;
  const std::string refused = ask(kGet);
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Basic realm=\"layerwatt\""));
  // prometheus:secret
  EXPECT_THAT(ask(std::string(kGet) + "Authorization: Basic cHJvbWV0aGV1czpzZWNyZXQ=\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  // prometheus:wrong
  EXPECT_THAT(ask(std::string(kGet) + "Authorization: Basic cHJvbWV0aGV1czp3cm9uZw==\r\n"),
              StartsWith("HTTP/1.1 401 "));
}

TEST_F(HttpServerTest, SaysThatACertificateIsNone) {
  auto socket = ListeningSocket::open({"127.0.0.1", "0"});
  ASSERT_TRUE(socket);
  HttpServerOptions options;
  options.tls_certificate = "no certificate";
  options.tls_key = "no key";
  const auto server = HttpServer::start(*std::move(socket), std::move(options),
                                        [](const HttpRequest&) { return HttpAnswer(); });
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace layerwatt
