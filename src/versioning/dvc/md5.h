#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace layerwatt::versioning {

/// MD5 of a stream of bytes: the name that DVC gives to what it keeps. A checksum against
/// accidents, no signature. Not thread-safe; one object a stream.
class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(Md5&&) noexcept;
  Md5& operator=(Md5&&) noexcept;

  void update(std::string_view bytes);
  /// 32 lower-case hexadecimal digits. Once; the object is spent.
  std::string hex();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

std::string md5_hex(std::string_view bytes);

/// The same digest in base64, as the header Content-MD5 has it. Precondition: 32 lower-case
/// hexadecimal digits.
std::string base64_of_hex(std::string_view hex);

}  // namespace layerwatt::versioning
