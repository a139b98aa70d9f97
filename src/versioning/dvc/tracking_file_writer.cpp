#include <fmt/format.h>

#include "layerwatt/core/file_text.h"
#include "layerwatt/versioning/tracking_file.h"

#include "versioning/dvc/yaml_scalar.h"

namespace layerwatt::versioning {

std::filesystem::path TrackingFile::output_path(const TrackedOutput& output) const {
  return (path.parent_path() / working_folder / output.path).lexically_normal();
}

namespace {

constexpr std::string_view kValues[] = {"md5", "size", "nfiles", "isexec", "hash"};

/// The values that `add` finds out, without the path.
std::string value_lines(const TrackedOutput& output) {
  std::string text;
  const char* before = "- ";
  const auto line = [&](std::string_view key, std::string_view value) {
    text += fmt::format("{}{}: {}\n", before, key, value);
    before = "  ";
  };
  if (output.id) line("md5", yaml_scalar(output.id->text(), 7));
  if (output.size) line("size", fmt::format("{}", *output.size));
  if (output.file_count) line("nfiles", fmt::format("{}", *output.file_count));
  if (output.is_executable) line("isexec", "true");
  if (output.hash == HashKind::kMd5) line("hash", "md5");
  return text;
}

/// A line of one of those values, at the depth of the only output's keys.
bool is_value_line(std::string_view line) {
  if (!line.starts_with("- ") && !line.starts_with("  ")) return false;
  line.remove_prefix(2);
  for (const std::string_view key : kValues) {
    if (line.starts_with(key) && line.substr(key.size()).starts_with(": ")) return true;
  }
  return false;
}

}  // namespace

std::string format_tracking_file(const TrackedOutput& output) {
  const std::string values = value_lines(output);
  return fmt::format("outs:\n{}{}path: {}\n", values, values.empty() ? "- " : "  ",
                     yaml_scalar(output.path, 8));
}

Result<std::string> changed_tracking_file(const TrackingFile& file, const TrackedOutput& output) {
  auto before = read_file(file.path);
  if (!before) return before;
  std::string text;
  bool is_written = false;
  for (std::string_view rest = *before; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!is_value_line(line)) {
      text += std::string(line) + '\n';
    } else if (!is_written) {
      std::string values = value_lines(output);
      // The output may begin with another key.
      if (line.starts_with("  ")) values[0] = ' ';
      text += values;
      is_written = true;
    }
  }
  const auto after = parse_tracking_file(text);
  const bool is_sound = after && file.outputs.size() == 1 && after->outputs.size() == 1 &&
                        after->outputs[0].id == output.id &&
                        after->outputs[0].path == output.path &&
                        after->outputs[0].hash == output.hash;
  if (is_sound) return text;
  return Error(ErrorCode::kUnsupported,
               "this .dvc file holds more than layerwatt can change without losing it (several "
               "outputs, or an own layout); use 'dvc add', or delete the file and add again")
      .at(file.path);
}

}  // namespace layerwatt::versioning
