#include "versioning/remotes/s3_signature.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "versioning/http/url.h"

namespace layerwatt::versioning {
namespace {

constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";

std::string hex_of(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return std::string(digest.begin(), digest.begin() + size);
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return std::string(digest.begin(), digest.begin() + size);
}

}  // namespace

std::string canonical_query(const S3Request& request) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : request.query) {
    encoded.emplace_back(percent_encoded(name), percent_encoded(value));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    text += (text.empty() ? "" : "&") + name + '=' + value;
  }
  return text;
}

std::vector<std::string> signed_headers(const S3Request& request, const S3Keys& keys,
                                        std::string_view region, std::string_view time) {
  std::map<std::string, std::string> headers = request.headers;
  headers["host"] = request.host;
  headers["x-amz-content-sha256"] = kUnsigned;
  headers["x-amz-date"] = time;
  if (!keys.session_token.empty()) headers["x-amz-security-token"] = keys.session_token;
  std::string names;
  std::string canonical =
      fmt::format("{}\n{}\n{}\n", request.method, request.path, canonical_query(request));
  for (const auto& [name, value] : headers) {
    canonical += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += fmt::format("\n{}\n{}", names, kUnsigned);

  const std::string_view day = time.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, region);
  const std::string text =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, hex_of(sha256(canonical)));
  std::string key = hmac("AWS4" + keys.secret_access_key, day);
  for (const std::string_view step :
       {region, std::string_view("s3"), std::string_view("aws4_request")}) {
    key = hmac(key, step);
  }
  std::vector<std::string> lines;
  for (const auto& [name, value] : headers) {
    if (name != "host") lines.push_back(fmt::format("{}: {}", name, value));
  }
  lines.push_back(fmt::format(
      "Authorization: AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
      keys.access_key_id, scope, names, hex_of(hmac(key, text))));
  return lines;
}

std::string signature_time() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace layerwatt::versioning
