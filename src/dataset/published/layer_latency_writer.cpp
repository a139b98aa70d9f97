#include <sstream>

#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/layer_latency.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

std::string quoted(std::string_view text) {
  std::ostringstream out;
  JsonWriter(out).value(text);
  return out.str();
}

}  // namespace

Result<LayerLatencyWriter> LayerLatencyWriter::create(const std::filesystem::path& path) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  file->write("{");
  return LayerLatencyWriter(*std::move(file));
}

void LayerLatencyWriter::begin_layer(std::string_view name) {
  if (any_layer_) file_.write("\n    ],");
  file_.write("\n    " + quoted(name) + ": [");
  any_layer_ = true;
  any_execution_ = false;
}

void LayerLatencyWriter::add(double milliseconds, LocalTime end) {
  line_.assign(any_execution_ ? ",\n        [" : "\n        [");
  append_shortest(line_, milliseconds);
  line_ += ", \"";
  const std::size_t stamp = line_.size();
  line_.resize(stamp + kLocalStampLength);
  write_local_stamp(end, line_.data() + stamp);
  line_ += "\"]";
  file_.write(line_);
  any_execution_ = true;
}

void LayerLatencyWriter::add(double milliseconds) {
  line_.assign(any_execution_ ? ",\n        " : "\n        ");
  append_shortest(line_, milliseconds);
  file_.write(line_);
  any_execution_ = true;
}

Result<void> LayerLatencyWriter::commit() {
  file_.write(any_layer_ ? "\n    ]\n}\n" : "}\n");
  return file_.commit();
}

}  // namespace layerwatt
