#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerwatt::versioning {

/// What is sent, byte for byte, from an open file.
struct FileBody {
  int descriptor = -1;
  std::uint64_t size = 0;
};

/// One part of a multipart/form-data body: a plain field, or a file where `path` is set.
struct FormPart {
  std::string name;
  std::string value;
  /// Of a file: what the server is told it is called, where it lies, and its type.
  std::string file_name;
  std::string path;
  std::string content_type;
};

struct HttpRequest {
  std::string method = "GET";
  /// Percent-encoded.
  std::string url;
  /// "Name: value".
  std::vector<std::string> headers;
  /// For basic authentication; sent at once, and never to another host than the URL's.
  std::optional<std::pair<std::string, std::string>> user_and_password;
  /// At most one of these.
  std::optional<FileBody> file;
  std::optional<std::string> body;
  std::vector<FormPart> form;
  /// Takes the body of an answer 200 or 206, told whether the server began where Range asked (206);
  /// returns false to end the transfer. Without it the body is kept in the answer.
  std::function<bool(std::string_view bytes, bool is_partial)> sink;
  /// Hears how many bytes of `file` have been read to be sent; begins anew where they are sent
  /// again.
  std::function<void(std::uint64_t position)> sent;
  bool follows_redirects = true;
};

struct HttpAnswer {
  long status = 0;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  /// At most 64 MiB; what the sink took is not here.
  std::string body;

  bool is_success() const { return status >= 200 && status < 300; }
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

}  // namespace layerwatt::versioning
