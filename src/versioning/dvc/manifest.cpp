#include "versioning/dvc/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "core/json.h"
#include "versioning/dvc/md5.h"
#include "versioning/dvc/relative_path.h"

namespace layerwatt::versioning {
namespace {

void append_unit(std::string& out, std::uint32_t unit) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit);
}

/// Precondition: well-formed UTF-8 at `i`, which moves on to the next character.
std::uint32_t next_character(std::string_view text, std::size_t& i) {
  const auto first = static_cast<unsigned char>(text[i++]);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  std::uint32_t character = first & (0x3FU >> more);
  for (int k = 0; k < more; ++k) {
    character = (character << 6) | (static_cast<unsigned char>(text[i++]) & 0x3FU);
  }
  return character;
}

/// As Python's json.dumps with ensure_ascii.
void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kPlain = "\"\\\n\r\t\b\f";
  constexpr std::string_view kShort = "\"\\nrtbf";
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const std::uint32_t c = next_character(text, i);
    const std::size_t special = c < 0x80 ? kPlain.find(static_cast<char>(c)) : std::string::npos;
    if (special != std::string::npos) {
      out += '\\';
      out += kShort[special];
    } else if (c >= 0x20 && c <= 0x7E) {
      out += static_cast<char>(c);
    } else if (c < 0x10000) {
      append_unit(out, c);
    } else {
      append_unit(out, 0xD800 + ((c - 0x10000) >> 10));
      append_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  out += '"';
}

Error wrong(std::size_t index, std::string_view what) {
  return Error(ErrorCode::kParse, fmt::format("entry {} of the folder's list: {}", index, what));
}

Result<ManifestEntry> parse_entry(const rapidjson::Value& value, std::size_t index) {
  if (!value.IsObject()) return wrong(index, "expected an object with 'md5' and 'relpath'");
  const auto text = [&](const char* name) -> std::optional<std::string_view> {
    const auto member = value.FindMember(name);
    if (member == value.MemberEnd() || !member->value.IsString()) return std::nullopt;
    return std::string_view(member->value.GetString(), member->value.GetStringLength());
  };
  const auto path = text("relpath");
  const auto hash = text("md5");
  if (!path || !hash) return wrong(index, "'md5' or 'relpath' is missing, or is no text");
  const auto id = ObjectId::parse(*hash);
  if (!id || id->is_folder()) return wrong(index, fmt::format("'{}' is no MD5", *hash));
  if (!is_utf8(*path)) return wrong(index, "'relpath' is no UTF-8");
  if (auto safe = check_relative_path(*path); !safe) return wrong(index, safe.error().message());
  return ManifestEntry{std::string(*path), *id};
}

/// In the order of bytes a file `a` and an entry `a/b` need not be neighbours ("a-b" stands
/// between).
Result<void> check_no_clash(const std::vector<ManifestEntry>& entries) {
  const auto by_path = [](const ManifestEntry& a, std::string_view b) { return a.path < b; };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& path = entries[i].path;
    if (i > 0 && entries[i - 1].path == path) {
      return Error(ErrorCode::kParse, fmt::format("'{}' occurs twice in the folder's list", path));
    }
    for (std::size_t end = path.find('/'); end != std::string::npos;
         end = path.find('/', end + 1)) {
      const std::string_view parent = std::string_view(path).substr(0, end);
      const auto found = std::lower_bound(entries.begin(), entries.end(), parent, by_path);
      if (found != entries.end() && found->path == parent) {
        return Error(
            ErrorCode::kParse,
            fmt::format("'{}' stands below '{}', which is a file in the same list", path, parent));
      }
    }
  }
  return {};
}

}  // namespace

std::string Manifest::to_bytes() const {
  std::string out = "[";
  for (const ManifestEntry& entry : entries) {
    if (out.size() > 1) out += ", ";
    out += "{\"md5\": \"";
    out += entry.id.text();
    out += "\", \"relpath\": ";
    append_json_string(out, entry.path);
    out += '}';
  }
  return out + ']';
}

ObjectId Manifest::id() const { return *ObjectId::parse(md5_hex(to_bytes()) + ".dir"); }

Result<Manifest> parse_manifest(std::string_view bytes) {
  const auto document = parse_json(bytes);
  if (!document) return document.error();
  if (!document->IsArray()) {
    return Error(ErrorCode::kParse,
                 "the folder's list is no JSON array; DVC writes [{\"md5\": …}]");
  }
  Manifest manifest;
  manifest.entries.reserve(document->Size());
  for (rapidjson::SizeType i = 0; i < document->Size(); ++i) {
    auto entry = parse_entry((*document)[i], i + 1);
    if (!entry) return std::move(entry).error();
    manifest.entries.push_back(*std::move(entry));
  }
  std::sort(manifest.entries.begin(), manifest.entries.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  if (auto sound = check_no_clash(manifest.entries); !sound) return sound.error();
  return manifest;
}

}  // namespace layerwatt::versioning
