#include <fmt/format.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <array>
#include <cmath>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/trtexec.h"

#include "core/json.h"

namespace layerwatt {
namespace {

constexpr double kMaxMilliseconds = 1e12;

struct Field {
  std::string_view key;
  Duration TrtexecPass::*member;
};

constexpr std::array<Field, 8> kFields{{{"startEnqMs", &TrtexecPass::enqueue_start},
                                        {"endEnqMs", &TrtexecPass::enqueue_end},
                                        {"startComputeMs", &TrtexecPass::compute_start},
                                        {"endComputeMs", &TrtexecPass::compute_end},
                                        {"h2dMs", &TrtexecPass::host_to_device},
                                        {"computeMs", &TrtexecPass::compute},
                                        {"d2hMs", &TrtexecPass::device_to_host},
                                        {"latencyMs", &TrtexecPass::latency}}};

/// Takes an array of flat objects as it streams by; stops at anything else.
class PassHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, PassHandler> {
 public:
  bool StartArray() {
    if (depth_ != 0) return refuse("a number");
    ++depth_;
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    return true;
  }
  bool StartObject() {
    if (depth_ != 1) return refuse("the array that --exportTimes writes");
    ++depth_;
    pass_ = {};
    seen_ = 0;
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view key(text, length);
    field_ = nullptr;
    for (const Field& field : kFields) {
      if (field.key == key) field_ = &field;
    }
    return true;
  }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ != 2) return refuse("an object for each inference");
    if (field_ == nullptr) return true;
    const auto ms = parse_double({text, length});
    if (!ms || std::fabs(*ms) > kMaxMilliseconds) return refuse("milliseconds");
    pass_.*(field_->member) = from_seconds(*ms * 1e-3);
    ++seen_;
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    --depth_;
    if (seen_ != kFields.size()) return refuse("all of trtexec's times in each object");
    passes_.push_back(pass_);
    return true;
  }
  /// null, true, "text".
  bool Default() { return refuse("a number"); }

  std::vector<TrtexecPass> take_passes() { return std::move(passes_); }
  std::string_view expected() const { return expected_; }

 private:
  bool refuse(std::string_view expected) {
    expected_ = expected;
    return false;
  }
  int depth_ = 0;
  std::size_t seen_ = 0;
  const Field* field_ = nullptr;
  TrtexecPass pass_;
  std::vector<TrtexecPass> passes_;
  std::string_view expected_;
};

}  // namespace

Result<std::vector<TrtexecPass>> parse_trtexec_times(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  PassHandler handler;
  const rapidjson::ParseResult parsed =
      reader.Parse<rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag>(stream,
                                                                                           handler);
  if (!parsed) {
    const long line = line_of_offset(text, parsed.Offset());
    if (!handler.expected().empty()) {
      return Error(ErrorCode::kParse,
                   fmt::format("line {}: expected {}", line, handler.expected()));
    }
    return Error(
        ErrorCode::kParse,
        fmt::format("line {}: not valid JSON: {}{}", line, describe_json_error(parsed.Code()),
                    parsed.Offset() >= text.size() ? " The file ends early." : ""));
  }
  auto passes = handler.take_passes();
  if (passes.empty()) {
    return Error(ErrorCode::kParse,
                 "no inferences in it: was trtexec stopped before its timed run?");
  }
  return passes;
}

Result<std::vector<TrtexecPass>> read_trtexec_times(const std::filesystem::path& path) {
  auto text = read_file(path, std::size_t{2} << 30);
  if (!text) return std::move(text).error();
  return parse_trtexec_times(*text).transform_error(
      [&](Error&& error) { return std::move(error).at(path); });
}

}  // namespace layerwatt
