#include "attribution/fit/dense_kernels.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

// Code for processors beyond the oldest of the architecture is chosen when the program runs.
#if defined(__x86_64__) && defined(__GNUC__)
#define LAYERWATT_CHOOSES_KERNEL 1
#else
#define LAYERWATT_CHOOSES_KERNEL 0
#endif

namespace layerwatt {
namespace {

/// Doubles in a register of AVX-512, two of AVX2.
constexpr std::size_t kTile = 8;
/// Rows that are packed at a time: a tile of them fills half of a first-level cache of 32 KiB.
constexpr std::size_t kPackedRows = 256;

/// Eight numbers, in as many registers as it takes.
using Eight [[gnu::vector_size(kTile * sizeof(double))]] = double;

[[gnu::always_inline]] inline void load(const double* from, Eight& to) {
  std::memcpy(&to, from, sizeof to);
}
[[gnu::always_inline]] inline void store(const Eight& from, double* to) {
  std::memcpy(to, &from, sizeof from);
}

/// Columns of `rows` in tiles of eight, each tile row by row; missing columns are 0.
void pack(const double* rows, std::size_t count, std::size_t columns, double* packed) {
  for (std::size_t first = 0; first < columns; first += kTile) {
    const std::size_t width = std::min(kTile, columns - first);
    for (std::size_t r = 0; r < count; ++r, packed += kTile) {
      std::fill_n(std::copy_n(rows + r * columns + first, width, packed), kTile - width, 0.0);
    }
  }
}

/// out[i][j] = Σ_r a[r][i]·b[r][j], eight by eight; `kAtOnce` rows of it stay in registers.
template <std::size_t kAtOnce>
[[gnu::always_inline]] inline void tile_product(const double* a, const double* b, std::size_t count,
                                                double* out) {
  for (std::size_t top = 0; top < kTile; top += kAtOnce) {
    Eight sum[kAtOnce] = {};
    for (std::size_t r = 0; r < count; ++r) {
      Eight row;
      load(b + r * kTile, row);
      for (std::size_t i = 0; i < kAtOnce; ++i) sum[i] += row * a[r * kTile + top + i];
    }
    for (std::size_t i = 0; i < kAtOnce; ++i) store(sum[i], out + (top + i) * kTile);
  }
}

template <std::size_t kAtOnce>
[[gnu::always_inline]] inline void products_of_packed(const double* packed, std::size_t count,
                                                      std::size_t columns, double* products) {
  alignas(64) double tile[kTile * kTile];
  const std::size_t tile_size = count * kTile;
  for (std::size_t left = 0; left < columns; left += kTile) {
    const double* a = packed + left / kTile * tile_size;
    for (std::size_t right = left; right < columns; right += kTile) {
      tile_product<kAtOnce>(a, packed + right / kTile * tile_size, count, tile);
      const std::size_t width = std::min(kTile, columns - left);
      const std::size_t height = std::min(kTile, columns - right);
      // By columns: (right, left) is below the diagonal.
      for (std::size_t i = 0; i < width; ++i) {
        double* column = products + (left + i) * columns + right;
        for (std::size_t j = left == right ? i : 0; j < height; ++j) {
          column[j] += tile[i * kTile + j];
        }
      }
    }
  }
}

[[gnu::always_inline]] inline void whiten(const WhiteningStep& step, double* row, double* filtered,
                                          double* drift, std::size_t size) {
  const auto one = [&](auto& x, auto& f, auto& d) {
    const auto expected_f = f * step.filtered_kept;
    const auto expected_d = d * step.drift_kept;
    const auto news = x - expected_f - expected_d;
    f = expected_f + news * step.filtered_gain;
    d = expected_d + news * step.drift_gain;
    x = news * step.scale;
  };
  std::size_t c = 0;
  for (; c + kTile <= size; c += kTile) {
    Eight x;
    Eight f;
    Eight d;
    load(row + c, x);
    load(filtered + c, f);
    load(drift + c, d);
    one(x, f, d);
    store(x, row + c);
    store(f, filtered + c);
    store(d, drift + c);
  }
  for (; c < size; ++c) one(row[c], filtered[c], drift[c]);
}

using ProductsOfPacked = void (*)(const double*, std::size_t, std::size_t, double*);
using WhitenRow = void (*)(const WhiteningStep&, double*, double*, double*, std::size_t);

void products_usual(const double* packed, std::size_t count, std::size_t columns, double* out) {
  products_of_packed<2>(packed, count, columns, out);
}
void whiten_usual(const WhiteningStep& step, double* row, double* filtered, double* drift,
                  std::size_t size) {
  whiten(step, row, filtered, drift, size);
}

#if LAYERWATT_CHOOSES_KERNEL
[[gnu::target("avx2,fma")]] void products_avx2(const double* packed, std::size_t count,
                                               std::size_t columns, double* out) {
  products_of_packed<4>(packed, count, columns, out);
}
[[gnu::target("avx2,fma")]] void whiten_avx2(const WhiteningStep& step, double* row,
                                             double* filtered, double* drift, std::size_t size) {
  whiten(step, row, filtered, drift, size);
}
[[gnu::target("avx512f,fma")]] void products_avx512(const double* packed, std::size_t count,
                                                    std::size_t columns, double* out) {
  products_of_packed<8>(packed, count, columns, out);
}

/// What golden files hold must not depend on the processor.
bool is_held_back() {
  const char* told = std::getenv("LAYERWATT_KERNELS");
  return told != nullptr && std::string_view(told) == "usual";
}

ProductsOfPacked choose_products() {
  if (is_held_back()) return products_usual;
  if (__builtin_cpu_supports("avx512f")) return products_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return products_avx2;
  return products_usual;
}
WhitenRow choose_whiten() {
  if (is_held_back()) return whiten_usual;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return whiten_avx2;
  return whiten_usual;
}
#else
ProductsOfPacked choose_products() { return products_usual; }
WhitenRow choose_whiten() { return whiten_usual; }
#endif

}  // namespace

void add_products(std::span<const double> rows, std::size_t columns, std::span<double> products,
                  std::vector<double>& scratch) {
  static const ProductsOfPacked products_of = choose_products();
  if (columns == 0) return;
  const std::size_t tiles = (columns + kTile - 1) / kTile;
  const std::size_t all = rows.size() / columns;
  scratch.resize(std::min(all, kPackedRows) * tiles * kTile);
  for (std::size_t first = 0; first < all; first += kPackedRows) {
    const std::size_t count = std::min(kPackedRows, all - first);
    pack(rows.data() + first * columns, count, columns, scratch.data());
    products_of(scratch.data(), count, columns, products.data());
  }
}

void whiten_row(const WhiteningStep& step, std::span<double> row, std::span<double> filtered,
                std::span<double> drift) {
  static const WhitenRow whiten_one = choose_whiten();
  whiten_one(step, row.data(), filtered.data(), drift.data(), row.size());
}

}  // namespace layerwatt
