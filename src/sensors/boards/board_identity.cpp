#include "sensors/boards/board_identity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "sensors/attributes/attribute_folder.h"

namespace layerwatt {
namespace {

/// A non-negative integer at the front of `text`, which moves on behind it.
std::optional<int> take_int(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Whether `text` is an NVIDIA part number: "p3701-0000", "p3448-0000-b00".
bool is_part(std::string_view text) {
  if (text.size() < 5 || text[0] != 'p') return false;
  for (const char digit : text.substr(1, 4)) {
    if (digit < '0' || digit > '9') return false;
  }
  return text.size() == 5 || text[5] == '-';
}

struct JetPackRelease {
  std::string_view l4t;
  std::string_view jetpack;
};

// Releases as NVIDIA's archive pairs them. A release that is not here has its series alone.
constexpr std::array<JetPackRelease, 16> kReleases{{{"32.6.1", "4.6"},
                                                    {"32.7.1", "4.6.1"},
                                                    {"34.1.0", "5.0 developer preview"},
                                                    {"35.1.0", "5.0.2"},
                                                    {"35.2.1", "5.1"},
                                                    {"35.3.1", "5.1.1"},
                                                    {"35.4.1", "5.1.2"},
                                                    {"36.3.0", "6.0"},
                                                    {"36.4.0", "6.1"},
                                                    {"36.4.3", "6.2"},
                                                    {"36.4.4", "6.2.1"},
                                                    {"36.4.7", "6.2.1"},
                                                    {"36.5.0", "6.2.2"},
                                                    {"38.4.0", "7.1"},
                                                    {"39.2.0", "7.2"},
                                                    {"38.2", "7.0"}}};
constexpr std::array<JetPackRelease, 6> kSeries{
    {{"32", "4"}, {"34", "5"}, {"35", "5"}, {"36", "6"}, {"38", "7"}, {"39", "7"}}};

}  // namespace

std::vector<std::string> parse_compatible(std::string_view bytes) {
  std::vector<std::string> entries;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\0');
    std::string_view entry = bytes.substr(0, end);
    // Copies of the property made by hand often end in a newline.
    while (!entry.empty() && entry.back() == '\n') entry.remove_suffix(1);
    if (!entry.empty()) entries.emplace_back(entry);
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
  }
  return entries;
}

std::string module_of(const std::vector<std::string>& compatible) {
  std::string_view kit;
  for (const std::string& entry : compatible) {
    std::string_view text = entry;
    if (!take(text, "nvidia,")) continue;
    const std::size_t plus = text.find('+');
    const std::string_view part = plus == std::string_view::npos ? text : text.substr(plus + 1);
    if (!is_part(part)) continue;
    if (plus != std::string_view::npos) return std::string(part);
    if (kit.empty()) kit = part;
  }
  return std::string(kit);
}

std::string soc_of(const std::vector<std::string>& compatible) {
  for (const std::string& entry : compatible) {
    if (entry.starts_with("nvidia,tegra")) return entry.substr(7);
  }
  return {};
}

std::optional<std::string> parse_tegra_release(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  const std::size_t begin = text.find('R');
  if (!text.starts_with('#') || begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin + 1);
  const auto series = take_int(text);
  const std::size_t revision = text.find("REVISION:");
  if (!series || revision == std::string_view::npos) return std::nullopt;
  text.remove_prefix(revision + 9);
  while (take(text, " ")) {
  }
  const auto major = take_int(text);
  if (!major || !take(text, ".")) return std::nullopt;
  const auto minor = take_int(text);
  if (!minor) return std::nullopt;
  return fmt::format("{}.{}.{}", *series, *major, *minor);
}

std::string jetpack_of(std::string_view l4t) {
  for (const JetPackRelease& release : kReleases) {
    if (l4t == release.l4t || l4t.starts_with(fmt::format("{}.", release.l4t))) {
      return std::string(release.jetpack);
    }
  }
  for (const JetPackRelease& series : kSeries) {
    if (l4t.starts_with(fmt::format("{}.", series.l4t))) return std::string(series.jetpack);
  }
  return {};
}

std::optional<std::pair<int, int>> parse_kernel_release(std::string_view text) {
  const auto major = take_int(text);
  if (!major || !take(text, ".")) return std::nullopt;
  const auto minor = take_int(text);
  if (!minor) return std::nullopt;
  return std::pair(*major, *minor);
}

BoardIdentity read_board_identity(const SystemRoot& root) {
  BoardIdentity identity;
  const AttributeFolder tree(root, "proc/device-tree");
  if (const auto bytes = tree.text("compatible")) identity.compatible = parse_compatible(*bytes);
  identity.model = tree.text("model").value_or("");
  if (identity.model.empty()) {
    const AttributeFolder firmware(root, "sys/class/dmi/id");
    identity.model = firmware.text("product_name").value_or("");
    const auto vendor = firmware.text("sys_vendor");
    if (vendor && !identity.model.empty()) identity.model = *vendor + " " + identity.model;
  }
  if (const auto release = AttributeFolder(root, "etc").text("nv_tegra_release")) {
    identity.l4t = parse_tegra_release(*release).value_or("");
  }
  if (const auto release = AttributeFolder(root, "proc/sys/kernel").text("osrelease")) {
    identity.kernel = parse_kernel_release(*release);
  }
  return identity;
}

}  // namespace layerwatt
