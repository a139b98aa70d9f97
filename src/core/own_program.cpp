#include "layerwatt/core/own_program.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExecuted = "/proc/self/exe";

/// Takes a hexadecimal number off the begin of `text`.
std::optional<std::uintptr_t> take_hexadecimal(std::string_view& text) {
  std::uintptr_t value = 0;
  constexpr int kBase = 16;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, kBase);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string without_escapes(std::string_view text) {
  constexpr std::string_view kNewline = "\\012";
  std::string out;
  while (!text.empty()) {
    if (text.starts_with(kNewline)) {
      out += '\n';
      text.remove_prefix(kNewline.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

fs::path executed() {
  std::error_code error;
  const fs::path file = fs::read_symlink(kExecuted, error);
  return error ? fs::path() : file;
}

}  // namespace

std::optional<fs::path> mapped_file(std::string_view maps, std::uintptr_t address) {
  while (!maps.empty()) {
    const std::size_t end = maps.find('\n');
    std::string_view line = maps.substr(0, end);
    maps.remove_prefix(end == std::string_view::npos ? maps.size() : end + 1);
    const auto first = take_hexadecimal(line);
    if (!first || !line.starts_with('-')) continue;
    line.remove_prefix(1);
    const auto past = take_hexadecimal(line);
    if (!past || address < *first || address >= *past) continue;
    // Rights, offset, device and inode come before the path, none of which holds a slash.
    const std::size_t path = line.find('/');
    if (path == std::string_view::npos) return std::nullopt;
    return without_escapes(line.substr(path));
  }
  return std::nullopt;
}

fs::path launcher_of(const fs::path& program) {
  return program.parent_path().parent_path().parent_path() / "bin" / program.filename();
}

fs::path own_program() {
  const fs::path file = executed();
  std::ifstream stream("/proc/self/maps", std::ios::binary);
  const std::string maps{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): an address of this program's code
  return mapped_file(maps, reinterpret_cast<std::uintptr_t>(&own_program)).value_or(file);
}

fs::path own_command() {
  const fs::path program = own_program();
  const bool by_loader = executed().filename().string().starts_with("ld-linux");
  return by_loader && !program.empty() ? launcher_of(program) : fs::path(kExecuted);
}

}  // namespace layerwatt
