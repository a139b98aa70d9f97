#include "monitor/http/listen_address.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr int kWaiting = 512;       // connections that the kernel keeps until they are taken
constexpr std::int64_t kLargestPort = 65535;

Error wrong_address(std::string_view text, std::string_view what) {
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("'{}' is no address to listen at: {}. Write HOST:PORT, for example "
                           "127.0.0.1:8000, [::1]:8000, or :8000 for every address",
                           text, what));
}

Error bind_error(int number, const ListenAddress& address) {
  const std::string what = fmt::format("listen at {}:{}", address.host, address.port);
  if (number == EADDRINUSE) {
    return Error(ErrorCode::kIo,
                 fmt::format("cannot {}: another program listens there ('ss -ltnp' shows which). "
                             "Stop it, or name another port with --listen",
                             what));
  }
  if (number == EACCES) {
    return Error(ErrorCode::kPermissionDenied,
                 fmt::format("cannot {}: ports below 1024 are for root, or need the capability "
                             "CAP_NET_BIND_SERVICE. Name a higher one with --listen",
                             what));
  }
  if (number == EADDRNOTAVAIL) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("cannot {}: this machine has no such address", what));
  }
  return error_from_errno(number, what);
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// The descriptor, or the negative error number.
int try_address(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                          address.ai_protocol);
  if (fd < 0) return -errno;
  const int yes = 1;
  const int no = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  // One socket for both versions of the protocol.
  if (address.ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, kWaiting) == 0) {
    return fd;
  }
  const int number = errno;
  ::close(fd);
  return -number;
}

Result<Addresses> look_up(const ListenAddress& address, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const char* host = address.host.empty() ? nullptr : address.host.c_str();
  const int failed = ::getaddrinfo(host, address.port.c_str(), &hints, &list);
  if (failed != 0) {
    return wrong_address(address.host + ":" + address.port, ::gai_strerror(failed));
  }
  return Addresses(list);
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong_address(text, "there is no ':' before a port");
  ListenAddress address{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
  const auto port = parse_int64(address.port);
  if (!port || *port < 0 || *port > kLargestPort || address.port.front() == '+') {
    return wrong_address(text, "the port is no number from 0 to 65535");
  }
  std::string& host = address.host;
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return wrong_address(text, "an address with colons stands in brackets");
  }
  return address;
}

Result<ListeningSocket> ListeningSocket::open(const ListenAddress& address) {
  // Every address: IPv6 takes IPv4 as well; where the kernel has no IPv6, IPv4 alone.
  const std::array families =
      address.host.empty() ? std::array{AF_INET6, AF_INET} : std::array{AF_UNSPEC, AF_UNSPEC};
  int number = EADDRNOTAVAIL;
  for (const int family : families) {
    auto list = look_up(address, family);
    if (!list) {
      if (family == AF_INET6) continue;
      return std::move(list).error();
    }
    for (const addrinfo* at = list->get(); at != nullptr; at = at->ai_next) {
      const int fd = try_address(*at);
      if (fd >= 0) return ListeningSocket(fd);
      number = -fd;
      if (number == EADDRINUSE || number == EACCES) return bind_error(number, address);
    }
  }
  return bind_error(number, address);
}

bool has_inherited_socket() {
  const char* process = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (process == nullptr || count == nullptr) return false;
  return parse_int64(process) == std::int64_t{::getpid()} && parse_int64(count).value_or(0) > 0;
}

Result<ListeningSocket> ListeningSocket::inherited() {
  const char* count = std::getenv("LISTEN_FDS");
  if (count != nullptr && parse_int64(count) != 1) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("systemd passed {} sockets; the socket unit must have one ListenStream",
                    count));
  }
  return ListeningSocket(kFirstInherited);
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int ListeningSocket::release() { return std::exchange(descriptor_, -1); }

std::string ListeningSocket::name() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(descriptor_, generic, &size) != 0) return {};
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(generic, size, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  const std::string_view plain(host.data());
  return plain.find(':') == std::string_view::npos ? fmt::format("{}:{}", plain, port.data())
                                                   : fmt::format("[{}]:{}", plain, port.data());
}

}  // namespace layerwatt
