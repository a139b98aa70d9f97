#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/versioning/tracking_file.h"

namespace layerwatt::versioning {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20;

Error parse_error(const YAML::Node& node, std::string_view what) {
  Error error(ErrorCode::kParse,
              fmt::format("{}; the file may be cut: take it from git again, or run "
                          "'layerwatt data add' on its data",
                          what));
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? error : std::move(error).at("", mark.line + 1);
}

Error only_dvc(std::string_view what) {
  return Error(ErrorCode::kUnsupported,
               fmt::format("{}; layerwatt handles what 'dvc add' makes: use DVC itself for this "
                           "file",
                           what));
}

Result<std::string> text_of(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar()) return parse_error(node, fmt::format("'{}' is no text", key));
  return node.Scalar();
}

Result<bool> flag_of(const YAML::Node& node, std::string_view key) {
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return parse_error(node, fmt::format("'{}' is neither true nor false", key));
}

Result<void> read_hash(const YAML::Node& node, TrackedOutput& output) {
  auto text = text_of(node, "md5");
  if (!text) return std::move(text).error();
  output.id = ObjectId::parse(*text);
  if (!output.id) return parse_error(node, fmt::format("'{}' is no MD5", *text));
  return {};
}

Result<void> read_flag(const YAML::Node& node, std::string_view key, bool& to) {
  const auto flag = flag_of(node, key);
  if (!flag) return flag.error();
  to = *flag;
  return {};
}

/// `size` and `nfiles` only inform: what is no number is as if absent.
template <class T>
std::optional<T> count_of(const YAML::Node& node) {
  const auto number = node.IsScalar() ? parse_int64(node.Scalar()) : std::nullopt;
  if (!number || *number < 0) return std::nullopt;
  return static_cast<T>(*number);
}

Result<void> read_member(const std::string& key, const YAML::Node& value, TrackedOutput& output,
                         bool& is_annotated) {
  if (key == "md5") return read_hash(value, output);
  if (key == "isexec") return read_flag(value, key, output.is_executable);
  if (key == "cache") return read_flag(value, key, output.is_cached);
  if (key == "push") return read_flag(value, key, output.is_pushed);
  if (key == "size") {
    output.size = count_of<std::uint64_t>(value);
  } else if (key == "nfiles") {
    output.file_count = count_of<std::int64_t>(value);
  } else if (key == "hash") {
    if (!value.IsScalar() || value.Scalar() != "md5") return only_dvc("its hash is not MD5");
    output.hash = HashKind::kMd5;
  } else if (key == "path" || key == "remote") {
    auto text = text_of(value, key);
    if (!text) return std::move(text).error();
    if (key == "path") output.path = *std::move(text);
    if (key == "remote") output.remote = *std::move(text);
  } else if (key == "files" || key == "cloud" || key == "etag" || key == "version_id") {
    return only_dvc(fmt::format("'{}' belongs to a version-aware remote", key));
  } else {
    is_annotated = true;
  }
  if (key == "remote") is_annotated = true;
  return {};
}

Result<TrackedOutput> read_output(const YAML::Node& node, bool& is_annotated) {
  if (!node.IsMap()) return parse_error(node, "an output is no list of keys");
  TrackedOutput output;
  // Without `hash: md5` it is of DVC 2.
  output.hash = HashKind::kMd5Dos2Unix;
  for (const auto& member : node) {
    if (!member.first.IsScalar()) return parse_error(member.first, "a key is no text");
    const std::string& key = member.first.Scalar();
    if (auto read = read_member(key, member.second, output, is_annotated); !read) {
      return std::move(read).error();
    }
  }
  if (output.path.empty()) return parse_error(node, "an output has no 'path'");
  if (!output.is_cached || !output.is_pushed) is_annotated = true;
  return output;
}

Result<void> read_top(const std::string& key, const YAML::Node& value, TrackingFile& file) {
  if (key == "deps") return only_dvc("it was imported from elsewhere ('deps')");
  if (key == "cmd" || key == "stages") return only_dvc("it is a stage of a pipeline");
  if (key == "wdir") {
    auto text = text_of(value, key);
    if (!text) return std::move(text).error();
    file.working_folder = *std::move(text);
  }
  if (key != "outs") {
    file.has_annotations = true;
    return {};
  }
  if (!value.IsSequence() || value.size() == 0) return parse_error(value, "'outs' is no list");
  for (const auto& node : value) {
    auto output = read_output(node, file.has_annotations);
    if (!output) return std::move(output).error();
    file.outputs.push_back(*std::move(output));
  }
  return {};
}

Result<TrackingFile> read_document(const YAML::Node& document) {
  if (!document.IsMap()) return parse_error(document, "this is no .dvc file: 'outs:' is missing");
  TrackingFile file;
  for (const auto& member : document) {
    if (!member.first.IsScalar()) return parse_error(member.first, "a key is no text");
    if (auto read = read_top(member.first.Scalar(), member.second, file); !read) {
      return std::move(read).error();
    }
  }
  if (file.outputs.empty()) return parse_error(document, "'outs:' is missing");
  return file;
}

}  // namespace

Result<TrackingFile> parse_tracking_file(std::string_view text) {
  if (text.size() > kLargest) {
    return Error(ErrorCode::kParse, "over a megabyte: no .dvc file is as large");
  }
  try {
    auto file = read_document(YAML::Load(std::string(text)));
    if (!file) return file;
    const bool has_comment = text.starts_with('#') || text.find("\n#") != std::string_view::npos ||
                             text.find(" #") != std::string_view::npos;
    if (has_comment) file->has_annotations = true;
    return file;
  } catch (const YAML::Exception& exception) {
    Error error(ErrorCode::kParse,
                fmt::format("this is no YAML: {}; the file may be cut: take it from git again",
                            exception.msg));
    if (exception.mark.is_null()) return error;
    return std::move(error).at("", exception.mark.line + 1);
  } catch (const std::exception& exception) {
    return Error(ErrorCode::kParse, fmt::format("this is no YAML: {}", exception.what()));
  }
}

Result<TrackingFile> read_tracking_file(const std::filesystem::path& path) {
  const auto text = read_file(path, kLargest);
  if (!text) return text.error();
  auto file = parse_tracking_file(*text);
  if (!file) {
    const std::optional<long> line = file.error().line();
    return Error(file.error().code(), file.error().message()).at(path, line);
  }
  // DVC ends each line; where the last one is not ended and names another path than the file's own
  // name does, data would be written to the rest of a name.
  const TrackedOutput& last = file->outputs.back();
  if (text->back() != '\n' && last.path != path.stem().string()) {
    return Error(ErrorCode::kParse,
                 fmt::format("the file ends in the middle of a line, at the path '{}': it was cut; "
                             "take it from git again, or run 'layerwatt data add' on its data",
                             last.path))
        .at(path);
  }
  file->path = path;
  return file;
}

}  // namespace layerwatt::versioning
