#pragma once

#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Where to listen.
struct ListenAddress {
  /// A name or number of this machine; empty: every address it has.
  std::string host;
  std::string port;
};

/// ":8000", "127.0.0.1:8000", "[::1]:8000", "localhost:8000". kInvalidArgument says what is
/// missing.
Result<ListenAddress> parse_listen_address(std::string_view text);

/// A descriptor of a socket that is bound and listening, closed with the object.
class ListeningSocket {
 public:
  /// kInvalidArgument for a host that is not known; else what the system said, with what to do
  /// about a port that is taken or for root alone.
  static Result<ListeningSocket> open(const ListenAddress& address);
  /// The one socket that systemd passed (sd_listen_fds(3)), where it did.
  static Result<ListeningSocket> inherited();

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  int descriptor() const { return descriptor_; }
  /// Gives the descriptor away.
  int release();
  /// "0.0.0.0:8000", with the port that the system chose where 0 was asked for.
  std::string name() const;

 private:
  explicit ListeningSocket(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// Whether systemd passed sockets to this very process.
bool has_inherited_socket();

}  // namespace layerwatt
