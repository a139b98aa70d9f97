#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "layerwatt/dataset/npy.h"

namespace layerwatt {
namespace {

static_assert(std::endian::native == std::endian::little, "records are written as they lie");

/// Digits of the count in the header; blanks fill it, which Python's literals allow.
constexpr std::size_t kCountWidth = 20;
constexpr std::size_t kAlignment = 64;

struct Header {
  std::string bytes;
  /// Where the count stands.
  std::size_t count_offset;
};

Header make_header(std::span<const NpyField> fields) {
  std::string dict = "{'descr': [";
  for (const NpyField& field : fields) {
    dict += fmt::format("('{}', '{}'), ", field.name, field.type);
  }
  dict.resize(dict.size() - 2);
  dict += "], 'fortran_order': False, 'shape': (";
  constexpr std::size_t kPreamble = 10;  // magic, version, length of the header
  const std::size_t count_offset = kPreamble + dict.size();
  dict += fmt::format("{:>{}},), }}", 0, kCountWidth);
  const std::size_t unpadded = kPreamble + dict.size() + 1;
  dict.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  dict += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(dict.size() & 0xFF);
  bytes += static_cast<char>(dict.size() >> 8);
  return {bytes + dict, count_offset};
}

/// Writes all of `size` bytes at `offset`; 0 or an errno value.
int pwrite_all(int fd, const char* data, std::size_t size, std::int64_t offset) {
  while (size > 0) {
    const ssize_t written = ::pwrite(fd, data, size, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    data += written;
    offset += written;
    size -= static_cast<std::size_t>(written);
  }
  return 0;
}

}  // namespace

struct NpyByteWriter::State {
  std::filesystem::path path;
  int fd = -1;
  std::size_t record_size = 0;
  std::size_t count_offset = 0;
  std::int64_t data_offset = 0;
  std::int64_t written = 0;  // records on file
  std::size_t buffered = 0;  // records in the buffer
  std::size_t capacity = 0;
  std::vector<char> buffer;

  ~State() {
    if (fd >= 0) ::close(fd);
  }

  Error failure(int error_number, std::string_view what) const {
    return error_from_errno(error_number, what).at(path);
  }

  Result<void> write_buffer() {
    // pwrite at the place of the first buffered record, so that a retry after half a write begins
    // where the last whole write ended.
    const std::int64_t offset = data_offset + written * static_cast<std::int64_t>(record_size);
    const int error = pwrite_all(fd, buffer.data(), buffered * record_size, offset);
    if (error != 0) return failure(error, "write the recording");
    written += static_cast<std::int64_t>(buffered);
    buffered = 0;
    return {};
  }

  Result<void> write_count() {
    std::array<char, kCountWidth> text;
    text.fill(' ');
    const fmt::format_int digits(written);
    std::memcpy(text.data() + kCountWidth - digits.size(), digits.data(), digits.size());
    const int error =
        pwrite_all(fd, text.data(), text.size(), static_cast<std::int64_t>(count_offset));
    if (error != 0) return failure(error, "write the header of the recording");
    return {};
  }
};

NpyByteWriter::NpyByteWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
NpyByteWriter::NpyByteWriter(NpyByteWriter&&) noexcept = default;
NpyByteWriter& NpyByteWriter::operator=(NpyByteWriter&& other) noexcept {
  if (this != &other) {
    if (state_) (void)close();
    state_ = std::move(other.state_);
  }
  return *this;
}

NpyByteWriter::~NpyByteWriter() {
  if (state_) (void)flush();
}

Result<NpyByteWriter> NpyByteWriter::create(const std::filesystem::path& path,
                                            std::span<const NpyField> fields,
                                            std::size_t record_size, std::size_t buffered_records) {
  if (fields.empty() || record_size == 0 || buffered_records == 0) {
    return Error(ErrorCode::kInvalidArgument, "a .npy file needs fields and a buffer").at(path);
  }
  auto state = std::make_unique<State>();
  state->path = path;
  state->record_size = record_size;
  state->capacity = buffered_records;
  state->buffer.resize(buffered_records * record_size);
  state->fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (state->fd < 0) return state->failure(errno, "create the recording");
  const Header header = make_header(fields);
  state->count_offset = header.count_offset;
  state->data_offset = static_cast<std::int64_t>(header.bytes.size());
  const int error = pwrite_all(state->fd, header.bytes.data(), header.bytes.size(), 0);
  if (error != 0) return state->failure(error, "write the header of the recording");
  return NpyByteWriter(std::move(state));
}

Result<void> NpyByteWriter::append(const void* record) {
  State& s = *state_;
  if (s.buffered == s.capacity) {
    if (auto done = s.write_buffer(); !done) return done;
  }
  std::memcpy(s.buffer.data() + s.buffered * s.record_size, record, s.record_size);
  ++s.buffered;
  return {};
}

Result<void> NpyByteWriter::flush() {
  if (state_->fd < 0) return {};
  if (state_->buffered > 0) {
    if (auto done = state_->write_buffer(); !done) return done;
  }
  return state_->write_count();
}

Result<void> NpyByteWriter::close() {
  State& s = *state_;
  if (s.fd < 0) return {};
  if (auto done = flush(); !done) return done;
  // EINVAL: a file system without fsync (a pipe, some FUSE mounts).
  if (::fsync(s.fd) != 0 && errno != EINVAL) {
    return s.failure(errno, "write the recording to the disk");
  }
  const int result = ::close(s.fd);
  s.fd = -1;
  if (result != 0) return s.failure(errno, "close the recording");
  return {};
}

std::int64_t NpyByteWriter::count() const {
  return state_->written + static_cast<std::int64_t>(state_->buffered);
}

std::size_t NpyByteWriter::room() const { return state_->capacity - state_->buffered; }

}  // namespace layerwatt
