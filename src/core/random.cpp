#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

/// Finaliser of splitmix64: neighbouring seeds give unrelated engines.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

std::uint64_t seed_of(std::uint64_t seed, std::string_view stream) {
  std::uint64_t state = mix(seed);
  for (const char c : stream) state = mix(state ^ static_cast<unsigned char>(c));
  return state;
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view stream) : engine_(seed_of(seed, stream)) {}

std::uint64_t Random::below(std::uint64_t count) {
  // Draws above the largest multiple of `count` would favour small numbers.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % count;
  std::uint64_t draw = bits();
  while (draw >= limit) draw = bits();
  return draw % count;
}

double Random::gaussian() {
  std::int64_t sum = 0;
  for (int word = 0; word < 3; ++word) {
    const std::uint64_t b = bits();
    sum += static_cast<std::int64_t>((b & 0xFFFFU) + ((b >> 16) & 0xFFFFU) + ((b >> 32) & 0xFFFFU) +
                                     (b >> 48));
  }
  // Twelve uniform numbers on 0…65535 have mean 12 · 32767.5 and variance 12 · (65536² − 1) / 12.
  return static_cast<double>(sum - 393210) * 0x1p-16;
}

}  // namespace layerwatt
