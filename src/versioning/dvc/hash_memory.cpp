#include "versioning/dvc/hash_memory.h"

#include <fmt/format.h>

#include <chrono>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/versioning/object_id.h"

namespace layerwatt::versioning {
namespace {

/// Some 100 MB of memory; beyond it is begun anew.
constexpr std::size_t kMost = 1'000'000;

/// Files of anybody.
constexpr std::int64_t kTooYoungNs = 2'000'000'000;
/// Sealed ones: some steps of the clock that stamps files (at most 10 ms, CONFIG_HZ=100).
constexpr std::int64_t kSealedTooYoungNs = 100'000'000;

std::int64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

/// Inodes of several file systems in one number; a clash costs a hash that differs in size or time.
std::uint64_t key_of(const struct stat& file) {
  return (static_cast<std::uint64_t>(file.st_dev) << 48) ^ static_cast<std::uint64_t>(file.st_ino);
}

std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

}  // namespace

HashMemory::HashMemory(const Project& project) : file_(project.scratch_folder() / "hashes") {
  const auto text = read_file(file_);
  if (!text) return;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    load_line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void HashMemory::load_line(std::string_view line) {
  const auto key = parse_uint64(next_word(line));
  const auto size = parse_uint64(next_word(line));
  const auto changed = parse_int64(next_word(line));
  const auto status_changed = parse_int64(next_word(line));
  const auto id = ObjectId::parse(line);
  if (!key || !size || !changed || !status_changed || !id) return;
  seen_[*key] = {*size, *changed, *status_changed, id->text()};
}

HashMemory::~HashMemory() {
  if (added_ == 0) return;
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  auto file = AtomicFile::create(file_, AtomicFile::Durability::kWhenConvenient);
  if (!file) return;
  const std::int64_t now = now_ns();
  for (const auto& [key, seen] : seen_) {
    if (seen.is_sealed && now - seen.status_changed_ns < kSealedTooYoungNs) continue;
    file->write(fmt::format("{} {} {} {} {}\n", key, seen.size, seen.changed_ns,
                            seen.status_changed_ns, seen.hex));
  }
  // Where it cannot be kept, the next run hashes again.
  (void)file->commit();
}

std::optional<std::string> HashMemory::find(const struct stat& file) const {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(key_of(file));
  if (found == seen_.end()) return std::nullopt;
  const Seen& seen = found->second;
  const bool is_same = seen.size == static_cast<std::uint64_t>(file.st_size) &&
                       seen.changed_ns == nanoseconds(file.st_mtim) &&
                       seen.status_changed_ns == nanoseconds(file.st_ctim);
  return is_same ? std::optional(seen.hex) : std::nullopt;
}

void HashMemory::remember(const struct stat& file, const std::string& hex) {
  if (now_ns() - nanoseconds(file.st_ctim) >= kTooYoungNs) keep(file, hex, false);
}

void HashMemory::remember_sealed(const struct stat& file, const std::string& hex) {
  keep(file, hex, true);
}

void HashMemory::keep(const struct stat& file, const std::string& hex, bool is_sealed) {
  const std::lock_guard lock(mutex_);
  if (seen_.size() >= kMost) seen_.clear();
  seen_[key_of(file)] = {static_cast<std::uint64_t>(file.st_size), nanoseconds(file.st_mtim),
                         nanoseconds(file.st_ctim), hex, is_sealed};
  ++added_;
}

}  // namespace layerwatt::versioning
