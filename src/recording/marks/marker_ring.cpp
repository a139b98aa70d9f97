#include "layerwatt/recording/marker_ring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

#include "layerwatt/markers.h"

namespace layerwatt {
namespace {

static_assert(sizeof(lw_mark) == 32 && sizeof(lw_markers_name) == 128);

constexpr std::size_t kNamesSize = LW_MARKERS_NAMES * sizeof(lw_markers_name);
constexpr std::size_t kLargestCapacity = std::size_t{1} << 26;
constexpr std::uint32_t kNotKnown = std::numeric_limits<std::uint32_t>::max();
/// A thread that took a slot and does not fill it was killed, or is not let run.
constexpr Duration kPatience = std::chrono::seconds(2);

std::size_t size_of_ring(std::size_t capacity) {
  return sizeof(lw_markers_header) + kNamesSize + capacity * sizeof(lw_mark);
}

lw_markers_header& header_of(void* memory) { return *static_cast<lw_markers_header*>(memory); }

lw_markers_name* names_of(void* memory) {
  return reinterpret_cast<lw_markers_name*>(static_cast<std::byte*>(memory) +
                                            sizeof(lw_markers_header));
}

lw_mark* marks_of(void* memory) {
  return reinterpret_cast<lw_mark*>(static_cast<std::byte*>(memory) + sizeof(lw_markers_header) +
                                    kNamesSize);
}

/// Folders to try, memory first: what is written to a disk would keep the machine busy.
std::vector<std::string> folders() {
  std::vector<std::string> all{"/dev/shm"};
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr) {
    all.insert(all.begin(), runtime);
  }
  std::error_code error;
  const auto temporary = std::filesystem::temp_directory_path(error);
  if (!error) all.push_back(temporary.string());
  return all;
}

constexpr std::string_view kFilePrefix = "layerwatt-markers-";
/// Longer than from making a file to locking it.
constexpr std::int64_t kYoungSeconds = 10;

/// Who made a ring holds a lock on it, which goes with the process, however that ends. A child that
/// it left behind and that may still mark holds the same.
bool is_abandoned(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return false;
  struct ::stat info {};
  struct ::timespec now {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const bool is_old = ::fstat(file, &info) == 0 && S_ISREG(info.st_mode) &&
                      info.st_uid == ::geteuid() &&
                      now.tv_sec - info.st_mtim.tv_sec >= kYoungSeconds;
  const bool is_free = is_old && ::flock(file, LOCK_EX | LOCK_NB) == 0;
  ::close(file);
  return is_free;
}

/// Removes rings of this user whose makers were killed: 5 MB of memory each.
void remove_abandoned_rings(const std::string& folder) {
  std::vector<std::filesystem::path> abandoned;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const bool is_ring = entry->path().filename().string().starts_with(kFilePrefix);
    if (is_ring && is_abandoned(entry->path())) abandoned.push_back(entry->path());
  }
  for (const auto& path : abandoned) std::filesystem::remove(path, error);
}

struct File {
  int descriptor = -1;
  std::filesystem::path path;
};

Result<File> make_file(std::size_t size) {
  int cause = ENOENT;
  for (const std::string& folder : folders()) {
    remove_abandoned_rings(folder);
    std::string path = fmt::format("{}/{}XXXXXX", folder, kFilePrefix);
    const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
    if (descriptor < 0) {
      cause = errno;
      continue;
    }
    (void)::flock(descriptor, LOCK_EX | LOCK_NB);
    // Not ftruncate(), so that a full disk is an error here and not a SIGBUS in the program.
    cause = ::posix_fallocate(descriptor, 0, static_cast<off_t>(size));
    if (cause == 0) return File{descriptor, path};
    ::close(descriptor);
    ::unlink(path.c_str());
  }
  return error_from_errno(cause, "make the file for marks of regions");
}

}  // namespace

Result<MarkerRing> MarkerRing::create(std::size_t capacity) {
  capacity = std::bit_ceil(std::clamp<std::size_t>(capacity, 2, kLargestCapacity));
  const std::size_t size = size_of_ring(capacity);
  auto file = make_file(size);
  if (!file) return std::move(file).error();
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->descriptor, 0);
  const int cause = errno;
  if (memory == MAP_FAILED) {
    ::close(file->descriptor);
    ::unlink(file->path.c_str());
    return error_from_errno(cause, "map the file for marks of regions");
  }
  header_of(memory).capacity = capacity;
  header_of(memory).magic = LW_MARKERS_MAGIC;
  return MarkerRing(file->path, memory, size, file->descriptor);
}

Result<MarkerRing> MarkerRing::open(const std::filesystem::path& path) {
  const auto what = fmt::format("open the file for marks of regions {}", path.string());
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return error_from_errno(errno, what);
  struct ::stat info {};
  const bool has_size = ::fstat(file, &info) == 0;
  const auto size = has_size ? static_cast<std::size_t>(info.st_size) : 0;
  void* memory = size >= size_of_ring(2)
                     ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                     : MAP_FAILED;
  ::close(file);
  if (memory != MAP_FAILED) {
    const lw_markers_header& header = header_of(memory);
    if (header.magic == LW_MARKERS_MAGIC && std::has_single_bit(header.capacity) &&
        header.capacity <= kLargestCapacity && size >= size_of_ring(header.capacity)) {
      return MarkerRing(path, memory, size, kNotOwn);
    }
    ::munmap(memory, size);
  }
  return Error(ErrorCode::kParse, "is no file for marks of regions").at(path);
}

MarkerRing::MarkerRing(std::filesystem::path path, void* memory, std::size_t size, int lock)
    : path_(std::move(path)),
      memory_(memory),
      size_(size),
      lock_(lock),
      // Kept apart: a program gone astray may write anything into the header.
      capacity_(header_of(memory).capacity),
      next_(__atomic_load_n(&header_of(memory).written, __ATOMIC_ACQUIRE)) {}

MarkerRing::MarkerRing(MarkerRing&& other) noexcept
    : path_(std::move(other.path_)),
      memory_(std::exchange(other.memory_, nullptr)),
      size_(other.size_),
      lock_(std::exchange(other.lock_, kNotOwn)),
      capacity_(other.capacity_),
      next_(other.next_),
      waiting_since_(other.waiting_since_),
      names_(std::move(other.names_)) {}

MarkerRing::~MarkerRing() {
  if (memory_ == nullptr) return;
  ::munmap(memory_, size_);
  if (lock_ == kNotOwn) return;
  ::unlink(path_.c_str());
  ::close(lock_);
}

std::uint32_t MarkerRing::name_of(std::uint32_t number, RegionMarks& into) {
  if (number == 1) return into.index_of(kOtherRegions);
  if (number == 0 || number >= LW_MARKERS_NAMES) return kNotKnown;
  if (names_.size() <= number) names_.resize(number + 1, kNotKnown);
  const bool is_known = names_[number] != kNotKnown && names_[number] < into.names.size();
  if (is_known) return names_[number];
  const lw_markers_name& name = names_of(memory_)[number];
  if (__atomic_load_n(&name.state, __ATOMIC_ACQUIRE) != LW_NAME_WRITTEN) return kNotKnown;
  const std::size_t length = ::strnlen(name.text, sizeof name.text);
  return names_[number] = into.index_of(std::string_view(name.text, length));
}

void MarkerRing::read(RegionMarks& into, bool is_last) {
  const std::uint64_t& written = header_of(memory_).written;
  const std::uint64_t available = __atomic_load_n(&written, __ATOMIC_ACQUIRE);
  // A counter that went back, or far ahead, was overwritten: go on from what it says.
  if (available < next_) next_ = available;
  while (next_ < available) {
    if (available - next_ > capacity_) {
      // The oldest that are still whole, with room before the writers come round again.
      const std::uint64_t oldest = available - capacity_ / 2;
      into.lost += oldest - next_;
      next_ = oldest;
    }
    const lw_mark& mark = marks_of(memory_)[next_ & (capacity_ - 1)];
    const std::uint64_t sequence = __atomic_load_n(&mark.sequence, __ATOMIC_ACQUIRE);
    const std::int64_t at = __atomic_load_n(&mark.at_ns, __ATOMIC_ACQUIRE);
    const std::uint32_t lane = __atomic_load_n(&mark.lane, __ATOMIC_ACQUIRE);
    const std::uint32_t what = __atomic_load_n(&mark.what, __ATOMIC_ACQUIRE);
    const bool is_whole =
        sequence == next_ + 1 && __atomic_load_n(&mark.sequence, __ATOMIC_RELAXED) == sequence;
    if (!is_whole && sequence <= next_ && !is_last) {
      const Instant now = MonotonicClock::now();
      if (waiting_since_ == Instant()) waiting_since_ = now;
      if (now - waiting_since_ < kPatience) return;
    }
    waiting_since_ = Instant();
    ++next_;
    const std::uint32_t name = is_whole ? name_of(what / 2, into) : kNotKnown;
    if (name == kNotKnown) {
      ++into.lost;
      continue;
    }
    into.marks.push_back({instant_from_ns(at), lane, name, (what & 1U) != 0});
  }
}

}  // namespace layerwatt
