#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "layerwatt/dataset/npy.h"

namespace layerwatt {
namespace {

/// Bytes read at `offset`, fewer only at the end of the file; −1 with errno.
ssize_t pread_all(int fd, char* out, std::size_t size, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, out + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

/// Copies `size` bytes from `from` in a record of the file to `to` in a record of ours.
struct Copy {
  std::size_t from;
  std::size_t to;
  std::size_t size;
};

Result<std::vector<Copy>> plan_copies(const NpyHeader& header, std::span<const NpyField> fields) {
  std::vector<Copy> copies;
  std::size_t to = 0;
  for (const NpyField& field : fields) {
    const auto column = std::find_if(header.columns.begin(), header.columns.end(),
                                     [&](const auto& c) { return c.name == field.name; });
    if (column == header.columns.end()) {
      return Error(
          ErrorCode::kParse,
          fmt::format("field '{}' is missing; is it a recording of layerwatt?", field.name));
    }
    if (column->type != field.type) {
      return Error(ErrorCode::kParse, fmt::format("field '{}' has type '{}', expected '{}'",
                                                  field.name, column->type, field.type));
    }
    copies.push_back({column->offset, to, column->size});
    to += column->size;
  }
  return copies;
}

bool is_one_copy(const std::vector<Copy>& copies, std::size_t file_record_size) {
  std::size_t end = 0;
  for (const Copy& copy : copies) {
    if (copy.from != copy.to || copy.from != end) return false;
    end += copy.size;
  }
  return end == file_record_size;
}

}  // namespace

struct NpyByteReader::State {
  std::filesystem::path path;
  int fd = -1;
  std::size_t record_size = 0;
  NpyHeader header;
  std::vector<Copy> copies;
  bool same_layout = false;
  bool was_cut = false;
  std::uint64_t count = 0;
  std::uint64_t next = 0;
  std::vector<char> scratch;

  ~State() {
    if (fd >= 0) ::close(fd);
  }
};

NpyByteReader::NpyByteReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
NpyByteReader::NpyByteReader(NpyByteReader&&) noexcept = default;
NpyByteReader& NpyByteReader::operator=(NpyByteReader&&) noexcept = default;
NpyByteReader::~NpyByteReader() = default;

std::uint64_t NpyByteReader::count() const { return state_->count; }
bool NpyByteReader::was_cut() const { return state_->was_cut; }

Result<NpyByteReader> NpyByteReader::open(const std::filesystem::path& path,
                                          std::span<const NpyField> fields, std::size_t record_size,
                                          CutFile cut) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->record_size = record_size;
  state->fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (state->fd < 0) return error_from_errno(errno, "open the file").at(path);
  struct stat info {};
  if (::fstat(state->fd, &info) != 0) return error_from_errno(errno, "read the file").at(path);
  const auto file_size = static_cast<std::uint64_t>(info.st_size);

  std::vector<std::byte> head(std::min<std::uint64_t>(file_size, kNpyHeaderLimit));
  const ssize_t got = pread_all(state->fd, reinterpret_cast<char*>(head.data()), head.size(), 0);
  if (got < 0) return error_from_errno(errno, "read the file").at(path);
  head.resize(static_cast<std::size_t>(got));
  auto header = parse_npy_header(head);
  if (!header) return std::move(header).error().at(path);
  auto copies = plan_copies(*header, fields);
  if (!copies) return std::move(copies).error().at(path);

  // What the header claims decides nothing about memory: records are counted by the file's size.
  state->count = (file_size - header->data_offset) / header->record_size;
  state->was_cut = header->count > state->count;
  if (state->was_cut && cut == CutFile::kRefuse) {
    return Error(ErrorCode::kParse,
                 fmt::format("the header claims {} records of {} bytes, the file holds {}: it was "
                             "cut off; copy it again from where it was recorded",
                             header->count, header->record_size, state->count))
        .at(path);
  }
  state->same_layout = is_one_copy(*copies, header->record_size);
  state->header = *std::move(header);
  state->copies = *std::move(copies);
  return NpyByteReader(std::move(state));
}

Result<std::size_t> NpyByteReader::read(void* out, std::size_t capacity) {
  State& s = *state_;
  const std::size_t stride = s.header.record_size;
  constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
  if (!s.same_layout) capacity = std::min(capacity, std::max<std::size_t>(1, kChunkBytes / stride));
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, s.count - s.next));
  if (wanted == 0) return std::size_t{0};
  char* target = static_cast<char*>(out);
  if (!s.same_layout) {
    s.scratch.resize(wanted * stride);
    target = s.scratch.data();
  }
  const ssize_t got =
      pread_all(s.fd, target, wanted * stride, s.header.data_offset + s.next * stride);
  if (got < 0) return error_from_errno(errno, "read the file").at(s.path);
  const std::size_t records = static_cast<std::size_t>(got) / stride;
  if (records == 0) {
    return Error(ErrorCode::kIo, "the file became shorter while it was read").at(s.path);
  }
  if (!s.same_layout) {
    for (std::size_t i = 0; i < records; ++i) {
      for (const Copy& copy : s.copies) {
        std::memcpy(static_cast<char*>(out) + i * s.record_size + copy.to,
                    target + i * stride + copy.from, copy.size);
      }
    }
  }
  s.next += records;
  return records;
}

}  // namespace layerwatt
