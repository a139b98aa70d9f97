#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/versioning/provenance.h"

#include "core/json_writer.h"

namespace layerwatt::versioning {
namespace {

std::string_view word(CheckedFile::Verdict verdict) {
  switch (verdict) {
    case CheckedFile::Verdict::kAsRecorded:
      return "as recorded";
    case CheckedFile::Verdict::kChanged:
      return "CHANGED";
    case CheckedFile::Verdict::kMissing:
      return "MISSING";
    case CheckedFile::Verdict::kNotRecorded:
      return "not recorded";
  }
  return "";
}

/// Whatever run.json holds cannot colour a terminal or break a line.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  return out;
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

}  // namespace

void print_provenance(std::ostream& out, const Provenance& provenance) {
  std::size_t width = 0;
  for (const auto& [name, text] : provenance.facts) width = std::max(width, name.size());
  for (const auto& [name, text] : provenance.facts) {
    out << fmt::format("{:<{}}  {}\n", shown(name), width, shown(text));
  }
  if (provenance.licence) out << "licence   " << shown(*provenance.licence) << '\n';
  if (provenance.citation) out << "cite as   " << shown(*provenance.citation) << '\n';
  out << "\nFiles, with their MD5:\n";
  for (const CheckedFile& file : provenance.files) {
    out << fmt::format("{:<32}  {:>12} B  {}  ({})\n", file.md5, file.size, shown(file.path),
                       word(file.verdict));
  }
  for (const std::string& fault : provenance.faults) out << "Differs: " << shown(fault) << '\n';
  for (const std::string& sentence : provenance.open) out << "Open: " << shown(sentence) << '\n';
}

void write_provenance_json(std::ostream& out, const Provenance& provenance) {
  JsonWriter json(out);
  json.begin_object();
  json.member("folder", provenance.folder.string()).key("facts").begin_object();
  for (const auto& [name, text] : provenance.facts) json.member(name, text);
  json.end_object();
  json.member("licence", provenance.licence).member("citation", provenance.citation);
  json.key("tracked_by");
  provenance.tracked_by ? json.value(provenance.tracked_by->string()) : json.null();
  json.key("files").begin_array();
  for (const CheckedFile& file : provenance.files) {
    json.begin_object();
    json.member("path", file.path).member("size", file.size).member("md5", file.md5);
    json.member("verdict", word(file.verdict)).end_object();
  }
  json.end_array();
  write_texts(json, "faults", provenance.faults);
  write_texts(json, "open", provenance.open);
  json.end_object();
  out << '\n';
}

}  // namespace layerwatt::versioning
