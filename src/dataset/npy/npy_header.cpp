#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/npy.h"

namespace layerwatt {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);

/// Reads the one Python literal that a header of a structured array is: a dict with a list of pairs
/// of strings, a bool, and a tuple of one integer.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  Result<NpyHeader> parse() {
    NpyHeader header;
    if (!take('{')) return fail("a Python dict");
    while (!take('}')) {
      const auto key = string();
      if (!key || !take(':')) return fail("a key and ':'");
      if (*key == "descr") {
        if (auto done = descr(header); !done) return std::move(done).error();
      } else if (*key == "fortran_order") {
        if (!word("False") && !word("True")) return fail("True or False for 'fortran_order'");
      } else if (*key == "shape") {
        if (auto done = shape(header); !done) return std::move(done).error();
      } else {
        return fail("one of the keys 'descr', 'fortran_order' and 'shape'");
      }
      if (!take(',') && peek() != '}') return fail("',' or '}'");
    }
    skip_blanks();
    if (!text_.empty()) return fail("the end of the header");
    if (!has_descr_ || !has_shape_) return fail("the keys 'descr' and 'shape'");
    return header;
  }

 private:
  Error fail(std::string_view expected) const {
    return Error(ErrorCode::kParse,
                 fmt::format("the NumPy header is not understood: expected {} at '{}'", expected,
                             text_.substr(0, std::min<std::size_t>(text_.size(), 20))));
  }

  void skip_blanks() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t')) {
      text_.remove_prefix(1);
    }
  }
  char peek() {
    skip_blanks();
    return text_.empty() ? '\0' : text_[0];
  }
  bool take(char expected) {
    if (peek() != expected) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view expected) {
    skip_blanks();
    if (text_.substr(0, expected.size()) != expected) return false;
    text_.remove_prefix(expected.size());
    return true;
  }
  /// Names of fields have no escapes; one that has is not ours.
  std::optional<std::string> string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') return std::nullopt;
    const std::size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string value(text_.substr(1, end - 1));
    if (value.find('\\') != std::string::npos) return std::nullopt;
    text_.remove_prefix(end + 1);
    return value;
  }

  Result<void> descr(NpyHeader& header) {
    if (!take('[')) {
      return Error(ErrorCode::kUnsupported,
                   "a structured array is expected (fields with names), this is a plain one");
    }
    while (!take(']')) {
      if (!take('(')) return fail("a pair ('name', 'type')");
      auto name = string();
      if (!name || !take(',')) return fail("the name of a field");
      auto type = string();
      if (!type) return fail("the type of a field, in quotes");
      take(',');
      if (!take(')')) return fail("')' after a field");
      if (!take(',') && peek() != ']') return fail("',' or ']'");
      const auto size = size_of(*type);
      if (!size) {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("field '{}' has type '{}', which is not supported", *name, *type));
      }
      header.columns.push_back({*std::move(name), *std::move(type), header.record_size, *size});
      header.record_size += *size;
    }
    if (header.record_size == 0) return fail("at least one field");
    has_descr_ = true;
    return {};
  }

  /// Bytes of one value of a type string: a byte order, a kind, and the count.
  static std::optional<std::size_t> size_of(std::string_view type) {
    if (type.size() < 3 || std::string_view("<>|=").find(type[0]) == std::string_view::npos) {
      return std::nullopt;
    }
    const auto size = parse_uint64(type.substr(2));
    constexpr std::uint64_t kLargest = 4096;
    if (!size || *size == 0 || *size > kLargest) return std::nullopt;
    return static_cast<std::size_t>(type[1] == 'U' ? *size * 4 : *size);
  }

  Result<void> shape(NpyHeader& header) {
    if (!take('(')) return fail("'(' of the shape");
    skip_blanks();
    const std::size_t digits = std::min(text_.find_first_not_of("0123456789"), text_.size());
    const auto count = parse_uint64(text_.substr(0, digits));
    if (!count) return fail("a count of records");
    text_.remove_prefix(digits);
    if (!take(',')) return fail("',' in the shape");
    if (!take(')')) {
      return Error(ErrorCode::kUnsupported, "an array of one dimension is expected");
    }
    header.count = *count;
    has_shape_ = true;
    return {};
  }

  std::string_view text_;
  bool has_descr_ = false;
  bool has_shape_ = false;
};

}  // namespace

Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(bytes[i]); };
  if (text.size() < 10 || text.substr(0, kMagic.size()) != kMagic) {
    return Error(ErrorCode::kParse, "not a NumPy file (.npy): its first bytes are not \\x93NUMPY");
  }
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("version {} of the NumPy format; 1 to 3 are supported", version));
  }
  std::size_t preamble = 10;
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) {
    if (text.size() < 12) return Error(ErrorCode::kParse, "the NumPy header is cut off");
    preamble = 12;
    length |= byte(10) << 16 | byte(11) << 24;
  }
  if (length > kNpyHeaderLimit - preamble) {
    return Error(
        ErrorCode::kParse,
        fmt::format("the NumPy header claims {} bytes; headers of recordings are shorter", length));
  }
  if (text.size() < preamble + length) {
    return Error(ErrorCode::kParse, "the NumPy header is cut off");
  }
  auto header = HeaderParser(text.substr(preamble, length)).parse();
  if (header) header->data_offset = preamble + length;
  return header;
}

}  // namespace layerwatt
