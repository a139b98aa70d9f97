#include "layerwatt/simulation/activity_ring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>
#include <utility>

namespace layerwatt {
namespace {

constexpr std::uint64_t kLargestCapacity = std::uint64_t{1} << 26;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::size_t size_of_ring(std::uint64_t capacity) {
  return sizeof(ActivityRingHeader) + static_cast<std::size_t>(capacity) * sizeof(ActivitySlot);
}

/// Makes the file beside `path` and links it into place, so that whoever opens `path` finds a whole
/// ring; if another process was first, its ring is the one.
Result<void> make_ring(const std::filesystem::path& path, std::uint64_t capacity) {
  const std::string temporary = fmt::format("{}.{}", path.string(), ::getpid());
  const Descriptor file(::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const auto fail = [&](int error) {
    ::unlink(temporary.c_str());
    return error_from_errno(error, fmt::format("make the activity file {}", path.string()));
  };
  if (file.get() < 0) return fail(errno);
  // posix_fallocate, so that a full disk is an error here and not a SIGBUS later.
  if (const int error =
          ::posix_fallocate(file.get(), 0, static_cast<off_t>(size_of_ring(capacity)));
      error != 0) {
    return fail(error);
  }
  const std::uint64_t words[] = {ActivityRingHeader::kMagic, capacity};
  if (::pwrite(file.get(), words, sizeof words, 0) != static_cast<ssize_t>(sizeof words)) {
    return fail(errno);
  }
  if (::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST) return fail(errno);
  ::unlink(temporary.c_str());
  return {};
}

}  // namespace

ActivityMapping::ActivityMapping(void* memory, std::size_t size, std::uint64_t capacity)
    : memory_(memory),
      size_(size),
      slots_(reinterpret_cast<ActivitySlot*>(static_cast<std::byte*>(memory) +
                                             sizeof(ActivityRingHeader))),
      mask_(capacity - 1) {}

ActivityMapping::ActivityMapping(ActivityMapping&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      size_(other.size_),
      slots_(other.slots_),
      mask_(other.mask_) {}

ActivityMapping& ActivityMapping::operator=(ActivityMapping&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  std::swap(slots_, other.slots_);
  std::swap(mask_, other.mask_);
  return *this;
}

ActivityMapping::~ActivityMapping() {
  if (memory_ != nullptr) ::munmap(memory_, size_);
}

Result<ActivityMapping> ActivityMapping::open(const std::filesystem::path& path,
                                              std::size_t capacity) {
  const auto cannot = [&](int error) {
    return error_from_errno(error, fmt::format("open the activity file {}", path.string()));
  };
  if (::access(path.c_str(), F_OK) != 0) {
    const std::uint64_t rounded =
        std::bit_ceil(std::clamp<std::uint64_t>(capacity, 2, kLargestCapacity));
    if (auto made = make_ring(path, rounded); !made) return std::move(made).error();
  }
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (file.get() < 0) return cannot(errno);
  struct ::stat info {};
  if (::fstat(file.get(), &info) != 0) return cannot(errno);
  std::uint64_t words[2] = {};
  const bool has_header =
      ::pread(file.get(), words, sizeof words, 0) == static_cast<ssize_t>(sizeof words);
  const std::uint64_t slots = words[1];
  if (!has_header || words[0] != ActivityRingHeader::kMagic || !std::has_single_bit(slots) ||
      slots > kLargestCapacity || static_cast<std::uint64_t>(info.st_size) < size_of_ring(slots)) {
    return Error(ErrorCode::kParse,
                 "not an activity file of layerwatt; name a file that does not exist yet")
        .at(path);
  }
  const std::size_t size = size_of_ring(slots);
  void* memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file.get(), 0);
  if (memory == MAP_FAILED) return cannot(errno);
  return ActivityMapping(memory, size, slots);
}

ActivityWriter::ActivityWriter(ActivityMapping mapping)
    : mapping_(std::move(mapping)),
      next_(mapping_.header().written.load(std::memory_order_acquire)) {}

Result<ActivityWriter> ActivityWriter::open(const std::filesystem::path& path,
                                            std::size_t capacity) {
  auto mapping = ActivityMapping::open(path, capacity);
  if (!mapping) return std::move(mapping).error();
  return ActivityWriter(*std::move(mapping));
}

ActivityReader::ActivityReader(ActivityMapping mapping)
    : mapping_(std::move(mapping)),
      next_(mapping_.header().written.load(std::memory_order_acquire)) {}

Result<ActivityReader> ActivityReader::open(const std::filesystem::path& path,
                                            std::size_t capacity) {
  auto mapping = ActivityMapping::open(path, capacity);
  if (!mapping) return std::move(mapping).error();
  return ActivityReader(*std::move(mapping));
}

std::size_t ActivityReader::read(std::span<ActivityEvent> out) noexcept {
  const std::uint64_t capacity = mapping_.capacity();
  const auto& written = mapping_.header().written;
  std::uint64_t available = written.load(std::memory_order_acquire);
  std::size_t count = 0;
  while (count < out.size() && next_ < available) {
    const ActivitySlot& slot = mapping_.slot(next_);
    const std::int64_t at_ns = slot.at_ns.load(std::memory_order_acquire);
    const auto what = static_cast<std::uint64_t>(slot.what.load(std::memory_order_acquire));
    // What was copied counts only if the writer had not come round to this slot by now; it may be
    // writing the one at index `written`.
    const std::uint64_t now_written = written.load(std::memory_order_relaxed);
    if (now_written - next_ >= capacity) {
      // The oldest slots that are still whole, with room before the writer comes round again.
      const std::uint64_t oldest = now_written - capacity / 2;
      lost_ += oldest - next_;
      next_ = oldest;
      available = now_written;
      continue;
    }
    out[count++] = {instant_from_ns(at_ns), static_cast<std::int32_t>(what >> 32),
                    static_cast<std::int32_t>(what & 0xFFFFFFFFU)};
    ++next_;
  }
  return count;
}

}  // namespace layerwatt
