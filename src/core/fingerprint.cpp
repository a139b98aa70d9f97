#include "core/fingerprint.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <vector>

namespace layerwatt {

void Fingerprint::add(std::span<const std::byte> bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  for (const std::byte byte : bytes) {
    first_ = (first_ ^ std::to_integer<std::uint64_t>(byte)) * kPrime;
    // Turned, so that the two do not move in step.
    second_ = (second_ ^ std::to_integer<std::uint64_t>(byte)) * kPrime;
    second_ = second_ << 13 | second_ >> 51;
  }
}

std::string Fingerprint::text() const { return fmt::format("{:016x}{:016x}", first_, second_); }

Result<std::string> fingerprint_of_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return error_from_errno(errno, "open the file").at(path);
  Fingerprint fingerprint;
  std::vector<char> block(std::size_t{1} << 16);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    fingerprint.add(std::string_view(block.data(), static_cast<std::size_t>(in.gcount())));
  }
  if (in.bad()) return error_from_errno(errno, "read the file").at(path);
  return fingerprint.text();
}

}  // namespace layerwatt
