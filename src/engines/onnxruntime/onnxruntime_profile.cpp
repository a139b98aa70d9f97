#include "engines/onnxruntime/onnxruntime_profile.h"

#include <fmt/format.h>
#include <rapidjson/error/error.h>
#include <rapidjson/filereadstream.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

namespace layerwatt {
namespace {

constexpr std::string_view kNodeSuffix = "_kernel_time";
/// Events of a pass that are not nodes ("SequentialExecutor::Execute", "model_run"), and those of
/// the session's making, with room for more in other versions.
constexpr std::int64_t kEventsPerPass = 4;
constexpr std::int64_t kEventsPerSession = 100;
/// Times beyond this are no times: 146 years in µs, with room for sums in ns.
constexpr double kLatestMicroseconds = 4.6e15;

/// What is kept of one event.
struct Event {
  std::string category;
  std::string name;
  std::string op;
  std::optional<double> start_us;
  std::optional<double> duration_us;
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
};

std::string format_of(std::string_view type) {
  if (type == "float") return "Row major linear FP32";
  if (type == "float16") return "Row major linear FP16";
  if (type == "bfloat16") return "Row major linear BF16";
  if (type == "double") return "Row major linear FP64";
  std::string upper(type);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return "Row major " + upper;
}

/// Puts events together to passes.
class PassCollector {
 public:
  void add(Event&& event) {
    if (!event.start_us || !event.duration_us) return;
    if (event.category == "Node") {
      if (event.name.size() > kNodeSuffix.size() && event.name.ends_with(kNodeSuffix)) {
        add_node(std::move(event));
      }
    } else if (event.name == "model_run") {
      finish_pass();
    } else if (event.name == "SequentialExecutor::Execute") {
      last_execute_us_ = event.start_us;
    }
  }

  /// Leaves out layers that no pass has (those of subgraphs).
  OrtProfile take() && {
    std::vector<std::int32_t> new_index(profile_.layers.size(), -1);
    std::vector<ProfiledLayer> used;
    for (auto& pass : profile_.passes) {
      for (OrtNodeTime& node : pass) {
        const auto old = static_cast<std::size_t>(node.layer);
        if (new_index[old] < 0) {
          new_index[old] = static_cast<std::int32_t>(used.size());
          used.push_back(std::move(profile_.layers[old]));
        }
        node.layer = new_index[old];
      }
    }
    profile_.layers = std::move(used);
    return std::move(profile_);
  }

 private:
  struct Node {
    std::int32_t layer;
    double start_us;
    double duration_us;
  };

  void add_node(Event&& event) {
    // An Execute that is followed by a node, and not by model_run, was that of a subgraph, run by
    // this node.
    if (last_execute_us_ && *event.start_us <= *last_execute_us_) {
      const double subgraph_start = *last_execute_us_;
      pending_.erase(std::remove_if(pending_.begin(), pending_.end(),
                                    [&](const Node& n) { return n.start_us >= subgraph_start; }),
                     pending_.end());
    }
    last_execute_us_.reset();
    event.name.resize(event.name.size() - kNodeSuffix.size());
    const auto [place, is_new] =
        layer_of_.try_emplace(event.name, static_cast<std::int32_t>(profile_.layers.size()));
    if (is_new) {
      profile_.layers.push_back(ProfiledLayer{.name = std::move(event.name),
                                              .type = std::move(event.op),
                                              .inputs = std::move(event.inputs),
                                              .outputs = std::move(event.outputs)});
    }
    pending_.push_back(Node{place->second, *event.start_us, *event.duration_us});
  }

  void finish_pass() {
    last_execute_us_.reset();
    std::stable_sort(pending_.begin(), pending_.end(),
                     [](const Node& a, const Node& b) { return a.start_us < b.start_us; });
    std::vector<OrtNodeTime>& pass = profile_.passes.emplace_back();
    pass.reserve(pending_.size());
    for (const Node& node : pending_) {
      const Duration start = middle(node.start_us);
      if (!pass.empty()) pass.back().end = std::min(pass.back().end, start);
      pass.push_back(OrtNodeTime{node.layer, start, start + middle(node.duration_us)});
    }
    pending_.clear();
  }

  /// The middle of the microsecond that a cut-off time lies in.
  static Duration middle(double us) {
    return Duration(static_cast<Duration::rep>(us) * 1000 + 500);
  }

  OrtProfile profile_;
  std::unordered_map<std::string, std::int32_t> layer_of_;
  std::vector<Node> pending_;
  std::optional<double> last_execute_us_;
};

/// Follows the parser: array > event > args > list of shapes > one shape {"float": [...]} >
/// dimensions. Whatever else a version writes is passed over.
class Handler {
 public:
  explicit Handler(PassCollector& collector) : collector_(collector) {}

  bool StartArray() {
    enter('[');
    return true;
  }
  bool EndArray(rapidjson::SizeType /*count*/) {
    --depth_;
    return true;
  }
  bool StartObject() {
    enter('{');
    if (depth_ == kEvent) event_ = Event{};
    return true;
  }
  bool EndObject(rapidjson::SizeType /*count*/) {
    if (depth_ == kEvent && is_event_list_) collector_.add(std::move(event_));
    --depth_;
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    const std::string_view key(text, length);
    if (depth_ == kEvent) {
      event_key_ = key;
    } else if (depth_ == kArgs && event_key_ == "args") {
      args_key_ = key;
    } else if (depth_ == kShape) {
      if (auto* shapes = current_shapes()) {
        shapes->push_back(TensorInfo{.name = {}, .dimensions = {}, .format = format_of(key)});
      }
    }
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    const std::string_view value(text, length);
    if (depth_ == kEvent) {
      if (event_key_ == "cat") event_.category = value;
      if (event_key_ == "name") event_.name = value;
    } else if (depth_ == kArgs && event_key_ == "args" && args_key_ == "op_name") {
      event_.op = value;
    }
    return true;
  }
  bool Int(int value) { return number(value); }
  bool Uint(unsigned value) { return number(value); }
  bool Int64(std::int64_t value) { return number(static_cast<double>(value)); }
  bool Uint64(std::uint64_t value) { return number(static_cast<double>(value)); }
  bool Double(double value) { return number(value); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return true; }
  bool Null() { return true; }
  bool Bool(bool) { return true; }

  bool is_event_list() const { return is_event_list_; }

 private:
  static constexpr int kEvent = 2;
  static constexpr int kArgs = 3;
  static constexpr int kShape = 5;
  static constexpr int kDimensions = 6;

  void enter(char bracket) {
    if (depth_ == 0) is_event_list_ = bracket == '[';
    ++depth_;
  }

  std::vector<TensorInfo>* current_shapes() {
    if (event_key_ != "args") return nullptr;
    if (args_key_ == "input_type_shape") return &event_.inputs;
    if (args_key_ == "output_type_shape") return &event_.outputs;
    return nullptr;
  }

  bool number(double value) {
    if (depth_ == kEvent) {
      const bool is_time = value >= 0 && value <= kLatestMicroseconds;
      if (event_key_ == "ts" && is_time) event_.start_us = value;
      if (event_key_ == "dur" && is_time) event_.duration_us = value;
    } else if (depth_ == kDimensions) {
      auto* shapes = current_shapes();
      if (shapes != nullptr && !shapes->empty() && value >= -1 && value <= 9e15) {
        shapes->back().dimensions.push_back(static_cast<std::int64_t>(value));
      }
    }
    return true;
  }

  PassCollector& collector_;
  Event event_;
  std::string event_key_;
  std::string args_key_;
  int depth_ = 0;
  bool is_event_list_ = false;
};

template <class Stream>
Result<OrtProfile> read_stream(Stream& stream) {
  PassCollector collector;
  Handler handler(collector);
  rapidjson::Reader reader;
  // Iterative: the depth of a foreign file must not be the depth of our stack.
  const rapidjson::ParseResult parsed =
      reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(stream,
                                                                                           handler);
  if (parsed.IsError()) {
    return Error(ErrorCode::kParse,
                 fmt::format("ONNX Runtime's profile is not valid JSON at byte {}; it was cut off "
                             "(disk full?), or a layer's name holds quotes or backslashes",
                             parsed.Offset()));
  }
  if (!handler.is_event_list()) {
    return Error(ErrorCode::kParse,
                 "not a profile of ONNX Runtime: expected a list of events ('[')");
  }
  return std::move(collector).take();
}

}  // namespace

std::int64_t ort_profiled_pass_limit(std::size_t layer_count) {
  const std::int64_t events = static_cast<std::int64_t>(layer_count) + kEventsPerPass;
  return std::max<std::int64_t>(1, (kOrtProfileEventLimit - kEventsPerSession) / events);
}

Result<OrtProfile> read_ort_profile(std::FILE* file) {
  std::array<char, 1 << 16> buffer;
  rapidjson::FileReadStream stream(file, buffer.data(), buffer.size());
  return read_stream(stream);
}

Result<OrtProfile> parse_ort_profile(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  return read_stream(stream);
}

}  // namespace layerwatt
