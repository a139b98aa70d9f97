#include "layerwatt/dataset/layer_latency.h"

#include <fmt/format.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <map>
#include <optional>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/numbers.h"

#include "core/json.h"
#include "dataset/published/pytorch_form.h"

namespace layerwatt {
namespace {

/// Parses stamps that mostly share their minute with the one before: then only the seconds are new.
class StampParser {
 public:
  std::optional<LocalTime> parse(std::string_view stamp) {
    constexpr std::size_t kToMinute = 15;  // "YYYYMMDD-HH:MM:"
    const bool same_minute = stamp.size() == kLocalStampLength && !minute_.empty() &&
                             stamp.substr(0, kToMinute) == minute_ && stamp[17] == '.';
    if (!same_minute) {
      const auto time = parse_local_stamp(stamp);
      if (time && stamp.size() == kLocalStampLength) {
        minute_ = stamp.substr(0, kToMinute);
        const auto begin = parse_local_stamp(minute_ + "00");
        if (begin) begin_ = *begin;
      }
      return time;
    }
    const auto seconds = digits(stamp.substr(15, 2));
    const auto microseconds = digits(stamp.substr(18));
    if (!seconds || !microseconds || *seconds > 60) return std::nullopt;
    return begin_ + std::chrono::seconds(*seconds) + std::chrono::microseconds(*microseconds);
  }

 private:
  static std::optional<int> digits(std::string_view text) {
    int value = 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    return value;
  }

  std::string minute_;
  LocalTime begin_;
};

/// Follows {name: [entry, …]} with entry = [milliseconds, "stamp"] or milliseconds. A false return
/// stops the parser; `reason` says why.
class LatencyHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, LatencyHandler> {
 public:
  bool StartObject() {
    if (state_ != State::kBegin) return refuse("expected a list of run times, found an object");
    state_ = State::kNames;
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    state_ = State::kDone;
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    layers_.emplace_back();
    layers_.back().name.assign(text, length);
    // Layers have as many executions as one another, or nearly.
    if (layers_.size() > 1) {
      const LayerLatency& before = layers_[layers_.size() - 2];
      layers_.back().milliseconds.reserve(before.milliseconds.size());
      layers_.back().end.reserve(before.end.size());
    }
    return true;
  }
  bool StartArray() {
    if (state_ == State::kNames) {
      state_ = State::kEntries;
      return true;
    }
    if (state_ == State::kEntries) {
      if (form_ == Form::kPlain) return refuse("run times with and without a time are mixed");
      form_ = Form::kStamped;
      state_ = State::kPair;
      position_ = 0;
      return true;
    }
    return refuse("expected {layer name: [[milliseconds, time], ...]}, found a list");
  }
  bool EndArray(rapidjson::SizeType) {
    if (state_ == State::kPair) {
      state_ = State::kEntries;
      return position_ == 2 || refuse("expected [milliseconds, time], found a shorter list");
    }
    state_ = State::kNames;
    return true;
  }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (state_ == State::kEntries) {
      if (form_ == Form::kStamped) return refuse("run times with and without a time are mixed");
      form_ = Form::kPlain;
    } else if (state_ != State::kPair || position_++ != 0) {
      return refuse("a number where none is expected");
    }
    const auto value = parse_double({text, length});
    if (!value) return refuse("a number beyond all run times");
    if (*value < 0.0) return refuse(fmt::format("a run time must not be negative ({} ms)", *value));
    // An hour in one layer; also keeps nanoseconds in 64 bits.
    if (*value > 3.6e6) return refuse(fmt::format("{} ms is longer than an hour", *value));
    layers_.back().milliseconds.push_back(*value);
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (state_ != State::kPair || position_++ != 1) {
      return refuse("a text where a run time is expected");
    }
    const std::string_view stamp(text, length);
    const auto time = stamps_.parse(stamp);
    if (!time) {
      return refuse(fmt::format("'{}' is not a time; expected YYYYMMDD-HH:MM:SS.ffffff",
                                stamp.substr(0, 40)));
    }
    auto& end = layers_.back().end;
    if (!end.empty() && *time < end.back()) {
      return refuse(fmt::format(
          "the time {} of layer '{}' is earlier than the {} before it; was the clock set back?",
          stamp, layers_.back().name, format_local_stamp(end.back())));
    }
    end.push_back(*time);
    return true;
  }
  /// null, true, false.
  bool Default() { return refuse("expected a run time in milliseconds"); }

  std::vector<LayerLatency> take_layers() { return std::move(layers_); }
  const std::string& reason() const { return reason_; }

 private:
  enum class State { kBegin, kNames, kEntries, kPair, kDone };
  enum class Form { kUnknown, kPlain, kStamped };

  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }

  State state_ = State::kBegin;
  StampParser stamps_;
  Form form_ = Form::kUnknown;
  int position_ = 0;
  std::vector<LayerLatency> layers_;
  std::string reason_;
};

/// Cuts layers to whole passes.
Result<LayerLatencies> in_whole_passes(std::vector<LayerLatency> layers) {
  if (layers.empty()) {
    return Error(ErrorCode::kParse, "no layers in it; was the model profiled?");
  }
  const auto by_count = [](const LayerLatency& a, const LayerLatency& b) {
    return a.milliseconds.size() < b.milliseconds.size();
  };
  const auto [least, most] = std::minmax_element(layers.begin(), layers.end(), by_count);
  const std::size_t passes = least->milliseconds.size();
  if (passes == 0 || most->milliseconds.size() - passes > 1) {
    return Error(ErrorCode::kParse,
                 fmt::format("layer '{}' ran {} times but layer '{}' {} times; each layer must run "
                             "once in each pass",
                             least->name, passes, most->name, most->milliseconds.size()));
  }
  LayerLatencies latencies;
  latencies.passes = static_cast<std::int64_t>(passes);
  for (LayerLatency& layer : layers) {
    latencies.dropped += static_cast<std::int64_t>(layer.milliseconds.size() - passes);
    layer.milliseconds.resize(passes);
    if (!layer.end.empty()) layer.end.resize(passes);
  }
  latencies.layers = std::move(layers);
  return latencies;
}

/// Parses in place, which spares a copy of every number and stamp; `text` is no JSON afterwards.
/// `line_of` gives the line of a byte of the text as it was.
template <class LineOf>
Result<LayerLatencies> parse_in_place(std::string& text, LineOf line_of) {
  const std::size_t size = text.size();
  rapidjson::InsituStringStream stream(text.data());
  rapidjson::Reader reader;
  LatencyHandler handler;
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult parsed = reader.Parse<kFlags>(stream, handler);
  if (!parsed) {
    const bool refused = parsed.Code() == rapidjson::kParseErrorTermination;
    const std::string_view reason =
        refused ? std::string_view(handler.reason()) : describe_json_error(parsed.Code());
    return Error(ErrorCode::kParse,
                 fmt::format("line {}: {}{}{}", line_of(stream.Tell()),
                             refused ? "" : "not valid JSON: ", reason,
                             stream.Tell() >= size ? " The file ends early: was it cut off?" : ""));
  }
  if (stream.Tell() < size) {
    return Error(ErrorCode::kParse,
                 fmt::format("line {}: a zero byte; is the file damaged?", line_of(stream.Tell())));
  }
  return in_whole_passes(handler.take_layers());
}

/// Of the older form.
Result<LayerLatencies> of_pytorch(std::string_view text) {
  auto parsed = parse_pytorch_latencies(text);
  if (!parsed) return std::move(parsed).error();
  LayerLatencies latencies;
  latencies.passes = parsed->passes;
  latencies.dropped = parsed->dropped;
  for (PyTorchLatencies::Layer& layer : parsed->layers) {
    latencies.layers.push_back(
        {std::move(layer.name), std::move(layer.milliseconds), std::move(layer.end)});
  }
  return latencies;
}

}  // namespace

Result<LayerLatencies> parse_layer_latencies(std::string_view text) {
  if (is_list(text)) return of_pytorch(text);
  std::string copy(text);
  return parse_in_place(copy, [&](std::size_t offset) { return line_of_offset(text, offset); });
}

Result<LayerLatencies> read_layer_latencies(const std::filesystem::path& path) {
  constexpr std::size_t kLargest = std::size_t{4} << 30;
  auto text = read_file(path, kLargest);
  if (!text) return std::move(text).error();
  auto latencies =
      is_list(*text) ? of_pytorch(*text) : parse_in_place(*text, [&](std::size_t offset) {
        const auto again = read_file(path, kLargest);
        return again ? line_of_offset(*again, offset) : 0;
      });
  if (!latencies) return std::move(latencies).error().at(path);
  return latencies;
}

Result<std::vector<std::size_t>> match_layers(const LayerLatencies& latencies,
                                              std::span<const Layer> layers) {
  std::multimap<std::string_view, std::size_t> by_name;
  for (std::size_t i = 0; i < layers.size(); ++i) by_name.emplace(layers[i].name, i);
  std::vector<std::size_t> order;
  for (const LayerLatency& latency : latencies.layers) {
    const auto found = by_name.find(latency.name);
    if (found == by_name.end()) {
      std::vector<std::string_view> names;
      for (const Layer& layer : layers) names.push_back(layer.name);
      const auto near = nearest_name(latency.name, names);
      return Error(
          ErrorCode::kParse,
          fmt::format("layer '{}' has run times but is not in trt_engine_info.json{}; are "
                      "both files of the same engine?",
                      latency.name, near ? fmt::format(" (nearest there: '{}')", *near) : ""));
    }
    order.push_back(found->second);
    by_name.erase(found);
  }
  return order;
}

Result<std::vector<Layer>> take_layers(const LayerLatencies& latencies, EngineInfo info) {
  auto order = match_layers(latencies, info.layers);
  if (!order) return std::move(order).error();
  std::vector<Layer> layers;
  for (const std::size_t i : *order) layers.push_back(std::move(info.layers[i]));
  return layers;
}

}  // namespace layerwatt
