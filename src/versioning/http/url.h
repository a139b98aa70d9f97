#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace layerwatt::versioning {

/// "https://user:password@host:port/path" in parts.
struct Url {
  std::string scheme;
  /// User and password, still encoded; empty where there are none.
  std::string user_info;
  /// With the port, as the header Host has it.
  std::string host;
  /// From the first slash on, without query; may be empty.
  std::string path;
};

/// nullopt without "://" or without a host.
std::optional<Url> parse_url(std::string_view text);

/// Every byte but letters, digits, "-", ".", "_", "~" and those of `safe` as %XX (RFC 3986).
std::string percent_encoded(std::string_view text, std::string_view safe = "");
std::string percent_decoded(std::string_view text);

}  // namespace layerwatt::versioning
