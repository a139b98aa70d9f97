#include "versioning/dvc/md5.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

namespace layerwatt::versioning {
namespace {

/// Without the FIPS provider, which has no MD5: it protects nothing here.
const EVP_MD* md5_algorithm() {
  static const EVP_MD* const kMd5 = EVP_MD_fetch(nullptr, "MD5", "-fips");
  return kMd5;
}

EVP_MD_CTX* as_context(void* context) { return static_cast<EVP_MD_CTX*>(context); }

/// OpenSSL fails here only without memory or without the algorithm that every build of it has.
void require(bool done) {
  if (!done) std::abort();
}

int value_of(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

}  // namespace

void Md5::Free::operator()(void* context) const { EVP_MD_CTX_free(as_context(context)); }

Md5::Md5() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr);
  require(EVP_DigestInit_ex(as_context(context_.get()), md5_algorithm(), nullptr) == 1);
}
Md5::~Md5() = default;
Md5::Md5(Md5&&) noexcept = default;
Md5& Md5::operator=(Md5&&) noexcept = default;

void Md5::update(std::string_view bytes) {
  require(EVP_DigestUpdate(as_context(context_.get()), bytes.data(), bytes.size()) == 1);
}

std::string Md5::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  require(EVP_DigestFinal_ex(as_context(context_.get()), digest.data(), &length) == 1);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15U];
  }
  return text;
}

std::string md5_hex(std::string_view bytes) {
  Md5 md5;
  md5.update(bytes);
  return md5.hex();
}

std::string base64_of_hex(std::string_view hex) {
  std::array<unsigned char, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<unsigned char>(value_of(hex[2 * i]) * 16 + value_of(hex[2 * i + 1]));
  }
  std::array<unsigned char, 25> text{};
  const int length = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
  return std::string(text.begin(), text.begin() + length);
}

}  // namespace layerwatt::versioning
