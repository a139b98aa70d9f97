#include "layerwatt/core/abandoned_drafts.h"

#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// The process in a draft's name (AtomicFile::create); nullopt for other files.
std::optional<std::int64_t> writer_of(const std::string& name) {
  constexpr std::string_view kEnding = ".tmp";
  if (!name.ends_with(kEnding)) return std::nullopt;
  const std::string stem = name.substr(0, name.size() - kEnding.size());
  const std::size_t dot = stem.rfind('.');
  if (dot == std::string::npos || dot == 0) return std::nullopt;
  const auto process = parse_int64(stem.substr(dot + 1));
  if (!process || *process <= 0) return std::nullopt;
  return *process;
}

}  // namespace

void remove_abandoned_drafts(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> abandoned;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const auto writer = writer_of(entry.path().filename().string());
    std::error_code unknown;
    if (writer && *writer != ::getpid() && entry.is_regular_file(unknown)) {
      abandoned.push_back(entry.path());
    }
  }
  for (const auto& path : abandoned) std::filesystem::remove(path, error);
}

}  // namespace layerwatt
