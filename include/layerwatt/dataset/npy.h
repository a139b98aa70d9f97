#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

// NumPy's .npy format (NEP 1) for one-dimensional structured arrays of little-endian records.

/// One field of a record: its name and NumPy's type string ("<i8", "<u4"). Fields are packed in
/// order.
struct NpyField {
  std::string_view name;
  std::string_view type;
};

/// Writes records of `record_size` bytes while a recording runs. The file is a valid .npy after
/// every flush(): the count in the header has a fixed width and is rewritten in place, after the
/// records that it counts. After kill -9 all that was flushed is there. Not thread-safe.
///
/// The file is written where it will stay, not beside it: a crash must not lose it.
class NpyByteWriter {
 public:
  /// Creates (or empties) the file and allocates the buffer; nothing is allocated afterwards.
  static Result<NpyByteWriter> create(const std::filesystem::path& path,
                                      std::span<const NpyField> fields, std::size_t record_size,
                                      std::size_t buffered_records);
  NpyByteWriter(NpyByteWriter&&) noexcept;
  NpyByteWriter& operator=(NpyByteWriter&&) noexcept;
  /// Flushes and closes, errors ignored: call close() to see them.
  ~NpyByteWriter();

  /// Copies one record into the buffer; writes the buffer first if it is full. Where that fails,
  /// the record is not taken, and what was buffered stays for the next attempt.
  Result<void> append(const void* record);
  /// Writes what is buffered, then the count. Two system calls.
  Result<void> flush();
  /// Flushes, waits for the disk, and closes.
  Result<void> close();

  /// Records taken, written or not.
  std::int64_t count() const;
  /// Records that fit into the buffer before append() must write.
  std::size_t room() const;

 private:
  struct State;
  explicit NpyByteWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The same for one type of record: trivially copyable, without padding, with a static kFields.
template <class Record>
class NpyWriter {
  static_assert(std::is_trivially_copyable_v<Record> &&
                std::has_unique_object_representations_v<Record>);

 public:
  static Result<NpyWriter> create(const std::filesystem::path& path,
                                  std::size_t buffered_records = 4096) {
    auto writer = NpyByteWriter::create(path, Record::kFields, sizeof(Record), buffered_records);
    if (!writer) return std::move(writer).error();
    return NpyWriter(*std::move(writer));
  }

  Result<void> append(const Record& record) { return writer_.append(&record); }
  Result<void> flush() { return writer_.flush(); }
  Result<void> close() { return writer_.close(); }
  std::int64_t count() const { return writer_.count(); }
  std::size_t room() const { return writer_.room(); }

 private:
  explicit NpyWriter(NpyByteWriter writer) : writer_(std::move(writer)) {}
  NpyByteWriter writer_;
};

/// What the header of a .npy file says.
struct NpyHeader {
  struct Column {
    std::string name;
    std::string type;
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  std::vector<Column> columns;
  std::size_t record_size = 0;
  /// Records claimed by "shape".
  std::uint64_t count = 0;
  /// Where the records begin.
  std::size_t data_offset = 0;
};

/// Parses the beginning of a .npy file, versions 1 to 3. Only one-dimensional structured arrays are
/// supported. `bytes` must hold the whole header, which is at most kNpyHeaderLimit long.
Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes);
inline constexpr std::size_t kNpyHeaderLimit = std::size_t{64} << 10;

/// What to do with a file that is shorter than its header claims (a copy that was cut off, a disk
/// that lost power).
enum class CutFile {
  kRefuse,
  kTakeWholeRecords,  ///< read the records that are there
};

/// Reads a .npy file as a stream, column by column name: a file with more columns, or in another
/// order, reads as well. Where the file holds more whole records than its header says (the writer
/// was killed), all of them are read.
class NpyByteReader {
 public:
  static Result<NpyByteReader> open(const std::filesystem::path& path,
                                    std::span<const NpyField> fields, std::size_t record_size,
                                    CutFile cut = CutFile::kRefuse);
  NpyByteReader(NpyByteReader&&) noexcept;
  NpyByteReader& operator=(NpyByteReader&&) noexcept;
  ~NpyByteReader();

  /// Records in the file.
  std::uint64_t count() const;
  /// Whether the file was shorter than its header claims.
  bool was_cut() const;
  /// The next records, at most `capacity` of them, to `out`; 0 at the end.
  Result<std::size_t> read(void* out, std::size_t capacity);

 private:
  struct State;
  explicit NpyByteReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The same for one type of record.
template <class Record>
class NpyReader {
 public:
  static Result<NpyReader> open(const std::filesystem::path& path, CutFile cut = CutFile::kRefuse) {
    auto reader = NpyByteReader::open(path, Record::kFields, sizeof(Record), cut);
    if (!reader) return std::move(reader).error();
    return NpyReader(*std::move(reader));
  }

  std::uint64_t count() const { return reader_.count(); }
  bool was_cut() const { return reader_.was_cut(); }
  Result<std::size_t> read(std::span<Record> out) { return reader_.read(out.data(), out.size()); }

 private:
  explicit NpyReader(NpyByteReader reader) : reader_(std::move(reader)) {}
  NpyByteReader reader_;
};

}  // namespace layerwatt
