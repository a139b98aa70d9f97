#include "layerwatt/dataset/inference_summary.h"

#include "layerwatt/core/file_text.h"

#include "core/json.h"
#include "core/json_writer.h"
#include "dataset/text/json_members.h"

namespace layerwatt {

void write_inference_summary(std::ostream& out, const InferenceSummary& summary) {
  JsonWriter json(out);
  json.begin_object();
  json.key("config").begin_object();
  json.member("model", summary.model);
  json.member("dtype", summary.dtype);
  json.key("input_shape").begin_array();
  for (const std::int64_t d : summary.input_shape) json.value(d);
  json.end_array();
  json.member("warmup", summary.warmup);
  json.member("runs", summary.runs);
  if (summary.optimization_level) json.member("optimization_level", *summary.optimization_level);
  if (summary.min_block_size) json.member("min_block_size", *summary.min_block_size);
  json.member("result_dir", summary.result_dir);
  json.end_object();
  json.member("total_time", to_seconds(summary.total_time));
  json.member("timestamp", summary.timestamp);
  json.key("latencies").begin_array();
  double sum = 0.0;
  for (const Duration d : summary.latencies) {
    json.value(to_seconds(d));
    sum += to_seconds(d);
  }
  json.end_array();
  if (sum > 0.0) {
    const auto count = static_cast<double>(summary.latencies.size());
    json.member("avg_latency", sum / count);
    json.member("avg_throughput", count / sum);
  }
  json.end_object();
  out << '\n';
}

Result<InferenceSummary> parse_inference_summary(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  JsonErrors errors;
  const JsonObject root(&*document, "", errors);
  const JsonObject config = root.object("config");
  InferenceSummary summary;
  config.get("model", summary.model);
  config.get("dtype", summary.dtype);
  config.get("input_shape", summary.input_shape);
  config.get("warmup", summary.warmup);
  config.get("runs", summary.runs);
  config.get("optimization_level", summary.optimization_level);
  config.get("min_block_size", summary.min_block_size);
  config.get("result_dir", summary.result_dir);
  root.get("total_time", summary.total_time);
  root.get("timestamp", summary.timestamp);
  std::vector<double> latencies;
  root.get("latencies", latencies);
  for (const double seconds : latencies) {
    // A day; also keeps nanoseconds in 64 bits.
    if (!(seconds >= 0.0 && seconds < 86400.0)) errors.fail("latencies", "a list of seconds");
    if (!errors.failed()) summary.latencies.push_back(from_seconds(seconds));
  }
  if (errors.failed()) return errors.take();
  return summary;
}

Result<InferenceSummary> read_inference_summary(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto summary = parse_inference_summary(*text);
  if (!summary) return std::move(summary).error().at(path);
  return summary;
}

}  // namespace layerwatt
