#include "layerwatt/dataset/npy_array.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);

struct ElementType {
  std::string_view code;
  std::string_view name;
  std::size_t size;
};

constexpr std::array kTypes = {ElementType{"f2", "float16", 2}, ElementType{"f4", "float32", 4},
                               ElementType{"f8", "float64", 8}, ElementType{"i1", "int8", 1},
                               ElementType{"i2", "int16", 2},   ElementType{"i4", "int32", 4},
                               ElementType{"i8", "int64", 8},   ElementType{"u1", "uint8", 1},
                               ElementType{"u2", "uint16", 2},  ElementType{"u4", "uint32", 4},
                               ElementType{"u8", "uint64", 8},  ElementType{"b1", "bool", 1}};

Error not_npy(std::string_view why) {
  return Error(ErrorCode::kParse, fmt::format("not an array of NumPy (.npy): {}", why));
}

/// What follows a key of the header's dict, without leading blanks; nullopt without the key.
std::optional<std::string_view> value_of(std::string_view header, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = fmt::format("{}{}{}", quote, key, quote);
    std::size_t at = header.find(quoted);
    if (at == std::string_view::npos) continue;
    at = header.find_first_not_of(": ", at + quoted.size());
    if (at == std::string_view::npos) return std::nullopt;
    return header.substr(at);
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view word) {
  const std::size_t begin = word.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return word.substr(begin, word.find_last_not_of(' ') + 1 - begin);
}

std::optional<std::vector<std::int64_t>> shape_of(std::string_view text) {
  if (!text.starts_with('(')) return std::nullopt;
  const std::size_t end = text.find(')');
  if (end == std::string_view::npos) return std::nullopt;
  text = text.substr(1, end - 1);
  std::vector<std::int64_t> shape;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view word = trimmed(text.substr(0, comma));
    if (!word.empty()) {
      const auto size = parse_int64(word);
      if (!size || *size < 0) return std::nullopt;
      shape.push_back(*size);
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return shape;
}

/// Element (i, j, …) of an array in Fortran's order stands where (…, j, i) would in C's.
std::vector<std::byte> reordered(const std::vector<std::byte>& data,
                                 const std::vector<std::int64_t>& shape, std::size_t size) {
  std::vector<std::byte> out(data.size());
  std::vector<std::int64_t> index(shape.size(), 0);
  for (std::size_t to = 0; to < data.size(); to += size) {
    std::size_t from = 0;
    for (std::size_t d = shape.size(); d-- > 0;) {
      from = from * static_cast<std::size_t>(shape[d]) + static_cast<std::size_t>(index[d]);
    }
    std::memcpy(out.data() + to, data.data() + from * size, size);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
  return out;
}

std::size_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

struct Header {
  std::string_view dict;
  std::string_view data;
};

Result<Header> split(std::string_view text) {
  if (text.size() < 10 || !text.starts_with(kMagic)) {
    return not_npy("its first bytes are not \\x93NUMPY");
  }
  const bool is_long = text[6] > 1;
  const std::size_t preamble = is_long ? 12 : 10;
  if (text.size() < preamble) return not_npy("it is cut off");
  const std::size_t length = little_endian(text, 8, is_long ? 4 : 2);
  if (length > text.size() - preamble) return not_npy("it is cut off");
  return Header{text.substr(preamble, length), text.substr(preamble + length)};
}

}  // namespace

Result<NpyArray> parse_npy_array(std::span<const std::byte> bytes) {
  auto header = split({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!header) return std::move(header).error();
  const auto descr = value_of(header->dict, "descr");
  const auto order = value_of(header->dict, "fortran_order");
  const auto shape_text = value_of(header->dict, "shape");
  const auto shape = shape_text ? shape_of(*shape_text) : std::nullopt;
  if (!descr || !order || !shape) return not_npy("its header is not understood");

  const std::string_view code = descr->substr(0, std::min<std::size_t>(descr->size(), 5));
  const auto type = std::ranges::find_if(kTypes, [&](const ElementType& row) {
    return code.size() == 5 && code.substr(2, 2) == row.code && code[4] == code[0] &&
           (code[1] == '<' || code[1] == '|');
  });
  if (type == kTypes.end()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("an array of NumPy's type {} is no input: save it as numbers of this "
                             "machine's byte order (array.astype('<f4'), for example)",
                             descr->substr(0, std::min(descr->find(','), descr->size()))));
  }
  NpyArray array{std::string(type->name), *shape, {}};
  std::size_t size = type->size;
  for (const std::int64_t dimension : *shape) {
    const auto count = static_cast<std::size_t>(dimension);
    if (count > 0 && size > header->data.size() / count) return not_npy("it is cut off");
    size *= count;
  }
  if (header->data.size() < size) return not_npy("it is cut off");
  const auto* begin = reinterpret_cast<const std::byte*>(header->data.data());
  array.data.assign(begin, begin + size);
  if (order->starts_with("True")) array.data = reordered(array.data, *shape, type->size);
  return array;
}

}  // namespace layerwatt
