#include "layerwatt/versioning/state_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/json_writer.h"

namespace layerwatt::versioning {
namespace {

std::string_view word(OutputState::Kind kind) {
  switch (kind) {
    case OutputState::Kind::kUnchanged:
      return "unchanged";
    case OutputState::Kind::kModified:
      return "modified";
    case OutputState::Kind::kAdded:
      return "added";
    case OutputState::Kind::kDeleted:
      return "deleted";
    case OutputState::Kind::kUnknown:
      return "changed";
  }
  return "";
}

std::string_view word(FileChange::Kind kind) {
  switch (kind) {
    case FileChange::Kind::kAdded:
      return "added";
    case FileChange::Kind::kModified:
      return "modified";
    case FileChange::Kind::kDeleted:
      return "deleted";
  }
  return "";
}

/// No name may colour a terminal or break its line.
std::string shown(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string counts(const std::vector<FileChange>& files) {
  std::string text;
  for (const auto kind :
       {FileChange::Kind::kAdded, FileChange::Kind::kModified, FileChange::Kind::kDeleted}) {
    const auto count = std::count_if(files.begin(), files.end(),
                                     [kind](const FileChange& file) { return file.kind == kind; });
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word(kind));
  }
  return text;
}

}  // namespace

void print_states(std::ostream& out, std::span<const OutputState> states, std::size_t most_files) {
  for (const OutputState& state : states) {
    std::string note = counts(state.files);
    if (state.kind == OutputState::Kind::kUnknown)
      note = "the list of its files is not in the cache";
    if (!state.is_in_cache && state.kind != OutputState::Kind::kUnknown) {
      note += note.empty() ? "not all in the cache" : "; not all in the cache";
    }
    out << fmt::format("{:<9}  {}{}\n", word(state.kind), shown(state.path),
                       note.empty() ? "" : fmt::format("  ({})", note));
    const std::size_t listed = std::min(most_files, state.files.size());
    for (std::size_t i = 0; i < listed; ++i) {
      out << fmt::format("    {:<8}  {}\n", word(state.files[i].kind), shown(state.files[i].path));
    }
    if (listed < state.files.size() && most_files > 0) {
      out << fmt::format("    and {} more\n", state.files.size() - listed);
    }
  }
}

void write_states_json(std::ostream& out, std::span<const OutputState> states) {
  JsonWriter json(out);
  json.begin_array();
  for (const OutputState& state : states) {
    json.begin_object();
    json.member("path", state.path).member("state", word(state.kind));
    json.member("in_cache", state.is_in_cache).key("files").begin_array();
    for (const FileChange& file : state.files) {
      json.begin_object();
      json.member("path", file.path).member("change", word(file.kind)).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
  out << '\n';
}

bool has_changes(std::span<const OutputState> states) {
  return std::any_of(states.begin(), states.end(), [](const OutputState& state) {
    return state.kind != OutputState::Kind::kUnchanged;
  });
}

}  // namespace layerwatt::versioning
