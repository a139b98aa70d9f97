// Arrow's C stream interface (arrow.apache.org/docs/format/CStreamInterface.html): its structures
// are its ABI, and are declared by whoever uses them.
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "layerwatt/dataset/profile_columns.h"

#include "bindings.h"

namespace layerwatt::python {
namespace {

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema* out);
  int (*get_next)(ArrowArrayStream*, ArrowArray* out);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};

constexpr std::int64_t kNullable = 2;

/// A column's field, and those below it.
struct Field {
  std::string format;
  std::string name;
  std::vector<Field> children;
};

/// A column's values; owns what an ArrowArray points into.
struct Values {
  std::int64_t length = 0;
  std::int64_t null_count = 0;
  std::vector<std::vector<std::uint8_t>> buffers;
  std::vector<Values> children;
};

template <class T>
void append(std::vector<std::uint8_t>& buffer, const T& value) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
  buffer.insert(buffer.end(), bytes, bytes + sizeof value);
}

void set_bit(std::vector<std::uint8_t>& bits, std::int64_t index, bool value) {
  const auto byte = static_cast<std::size_t>(index / 8);
  if (bits.size() <= byte) bits.resize(byte + 1, 0);
  if (value) bits[byte] = static_cast<std::uint8_t>(bits[byte] | (1U << (index % 8)));
}

Field field_of(const ProfileColumn& column) {
  Field field;
  field.name = std::string(column.name);
  switch (column.kind) {
    case ColumnKind::kText:
      field.format = "u";
      break;
    case ColumnKind::kInteger:
      field.format = "l";
      break;
    case ColumnKind::kNumber:
      field.format = "g";
      break;
    case ColumnKind::kFlag:
      field.format = "b";
      break;
    case ColumnKind::kShape:
      field.format = "+l";
      field.children.push_back({"l", "item", {}});
      break;
  }
  return field;
}

Values values_of(const LayerProfile& profile, const ProfileColumn& column) {
  Values values;
  values.length = static_cast<std::int64_t>(profile.rows.size());
  std::vector<std::uint8_t> present;
  std::vector<std::uint8_t> offsets;
  std::vector<std::uint8_t> data;
  Values items;
  items.buffers.resize(2);
  append(offsets, std::int32_t{0});
  for (std::int64_t i = 0; i < values.length; ++i) {
    const ProfileValue value = column.get(profile, static_cast<std::size_t>(i));
    const bool is_there = !std::holds_alternative<std::monostate>(value);
    set_bit(present, i, is_there);
    if (!is_there) ++values.null_count;
    switch (column.kind) {
      case ColumnKind::kText:
        if (is_there) {
          const auto& text = std::get<std::string>(value);
          data.insert(data.end(), text.begin(), text.end());
        }
        append(offsets, static_cast<std::int32_t>(data.size()));
        break;
      case ColumnKind::kInteger:
        append(data, is_there ? std::get<std::int64_t>(value) : std::int64_t{0});
        break;
      case ColumnKind::kNumber:
        append(data, is_there ? std::get<double>(value) : 0.0);
        break;
      case ColumnKind::kFlag:
        set_bit(data, i, is_there && std::get<bool>(value));
        break;
      case ColumnKind::kShape:
        if (is_there) {
          for (const std::int64_t size : std::get<std::vector<std::int64_t>>(value)) {
            append(items.buffers[1], size);
            ++items.length;
          }
        }
        append(offsets, static_cast<std::int32_t>(items.length));
        break;
    }
  }
  values.buffers.push_back(std::move(present));
  const bool has_offsets = column.kind == ColumnKind::kText || column.kind == ColumnKind::kShape;
  if (has_offsets) values.buffers.push_back(std::move(offsets));
  if (column.kind == ColumnKind::kShape) {
    values.children.push_back(std::move(items));
  } else {
    values.buffers.push_back(std::move(data));
  }
  return values;
}

/// What a schema or an array points into; goes with it.
struct SchemaHolder {
  Field field;
  std::vector<std::unique_ptr<ArrowSchema>> children;
  std::vector<ArrowSchema*> pointers;
};

struct ArrayHolder {
  Values values;
  std::vector<const void*> buffers;
  std::vector<std::unique_ptr<ArrowArray>> children;
  std::vector<ArrowArray*> pointers;
};

template <class Arrow, class Holder>
void release(Arrow* arrow) {
  auto* holder = static_cast<Holder*>(arrow->private_data);
  for (Arrow* child : holder->pointers) {
    // A consumer may have moved it out.
    if (child->release != nullptr) child->release(child);
  }
  delete holder;
  arrow->release = nullptr;
}

void fill(ArrowSchema& out, Field field) {
  auto* holder = new SchemaHolder{std::move(field), {}, {}};
  for (Field& child : holder->field.children) {
    holder->children.push_back(std::make_unique<ArrowSchema>());
    fill(*holder->children.back(), child);
    holder->pointers.push_back(holder->children.back().get());
  }
  out = {};
  out.format = holder->field.format.c_str();
  out.name = holder->field.name.c_str();
  out.flags = kNullable;
  out.n_children = static_cast<std::int64_t>(holder->pointers.size());
  out.children = holder->pointers.data();
  out.release = release<ArrowSchema, SchemaHolder>;
  out.private_data = holder;
}

void fill(ArrowArray& out, Values values) {
  auto* holder = new ArrayHolder{std::move(values), {}, {}, {}};
  for (Values& child : holder->values.children) {
    holder->children.push_back(std::make_unique<ArrowArray>());
    fill(*holder->children.back(), std::move(child));
    holder->pointers.push_back(holder->children.back().get());
  }
  for (std::size_t i = 0; i < holder->values.buffers.size(); ++i) {
    const auto& buffer = holder->values.buffers[i];
    const bool is_all_valid = i == 0 && holder->values.null_count == 0;
    holder->buffers.push_back(is_all_valid ? nullptr : buffer.data());
  }
  out = {};
  out.length = holder->values.length;
  out.null_count = holder->values.null_count;
  out.n_buffers = static_cast<std::int64_t>(holder->buffers.size());
  out.n_children = static_cast<std::int64_t>(holder->pointers.size());
  out.buffers = holder->buffers.data();
  out.children = holder->pointers.data();
  out.release = release<ArrowArray, ArrayHolder>;
  out.private_data = holder;
}

struct Stream {
  Field schema;
  Values batch;
  bool is_over = false;
};

int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  fill(*out, static_cast<Stream*>(stream->private_data)->schema);
  return 0;
}

int get_next(ArrowArrayStream* stream, ArrowArray* out) {
  auto& source = *static_cast<Stream*>(stream->private_data);
  *out = {};
  // A released array ends the stream.
  if (source.is_over) return 0;
  source.is_over = true;
  fill(*out, std::move(source.batch));
  return 0;
}

const char* get_last_error(ArrowArrayStream* /*stream*/) { return nullptr; }

void release_stream(ArrowArrayStream* stream) {
  delete static_cast<Stream*>(stream->private_data);
  stream->release = nullptr;
}

constexpr const char* kCapsule = "arrow_array_stream";

void release_capsule(PyObject* capsule) {
  auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, kCapsule));
  if (stream == nullptr) return;
  if (stream->release != nullptr) stream->release(stream);
  delete stream;
}

}  // namespace

nb::object arrow_stream_of(const LayerProfile& profile) {
  auto source = std::make_unique<Stream>();
  source->schema.format = "+s";
  source->batch.length = static_cast<std::int64_t>(profile.rows.size());
  source->batch.buffers.resize(1);
  for (const ProfileColumn& column : profile_columns()) {
    source->schema.children.push_back(field_of(column));
    source->batch.children.push_back(values_of(profile, column));
  }
  auto stream = std::make_unique<ArrowArrayStream>(
      ArrowArrayStream{get_schema, get_next, get_last_error, release_stream, source.release()});
  PyObject* capsule = PyCapsule_New(stream.get(), kCapsule, release_capsule);
  if (capsule == nullptr) {
    release_stream(stream.get());
    throw nb::python_error();
  }
  (void)stream.release();
  return nb::steal<nb::object>(capsule);
}

}  // namespace layerwatt::python
