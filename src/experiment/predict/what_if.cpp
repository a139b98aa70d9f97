#include "layerwatt/experiment/what_if.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

constexpr std::int64_t kMost = 1 << 16;
constexpr std::array<std::string_view, 4> kTypes = {"float32", "float16", "bfloat16", "int8"};

Error not_understood(std::string_view sweep) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("'{}' is no sweep; give batch=1..64, dtype=float16,int8 or input=128..512",
                      sweep)};
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts(1);
  for (const char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::int64_t next_of(std::string_view key, std::int64_t value) {
  if (key == "batch") return value * 2;
  const std::int64_t step = std::max<std::int64_t>(32, value / 4 / 32 * 32);
  return value + step;
}

/// Whole numbers from 1: a list, or a range with both ends in it.
Result<std::vector<std::int64_t>> numbers_of(std::string_view key, std::string_view text,
                                             std::string_view sweep) {
  std::vector<std::int64_t> values;
  if (const auto dots = text.find(".."); dots != std::string_view::npos) {
    const auto from = parse_int64(text.substr(0, dots));
    const auto to = parse_int64(text.substr(dots + 2));
    if (!from || !to || *from < 1 || *to < *from || *to > kMost) return not_understood(sweep);
    for (std::int64_t value = *from; value < *to; value = next_of(key, value)) {
      values.push_back(value);
    }
    values.push_back(*to);
    return values;
  }
  for (const std::string& part : split(text)) {
    const auto value = parse_int64(part);
    if (!value || *value < 1 || *value > kMost) return not_understood(sweep);
    values.push_back(*value);
  }
  return values;
}

}  // namespace

Result<std::vector<WhatIfRequest>> what_if_requests(std::string_view sweep,
                                                    const PredictRequest& base,
                                                    const std::vector<std::int64_t>& input_shape) {
  const auto equals = sweep.find('=');
  if (equals == std::string_view::npos) return not_understood(sweep);
  const std::string_view key = sweep.substr(0, equals);
  const std::string_view text = sweep.substr(equals + 1);
  std::vector<WhatIfRequest> requests;
  if (key == "dtype") {
    for (const std::string& type : split(text)) {
      if (std::ranges::find(kTypes, type) == kTypes.end()) {
        return Error(ErrorCode::kInvalidArgument,
                     fmt::format("'{}' in '{}' is no type; give float32, float16, bfloat16 or int8",
                                 type, sweep));
      }
      WhatIfRequest point{"dtype=" + type, base};
      point.request.precision = type;
      requests.push_back(std::move(point));
    }
    return requests;
  }
  if (key != "batch" && key != "input") return not_understood(sweep);
  auto values = numbers_of(key, text, sweep);
  if (!values) return std::move(values).error();
  for (const std::int64_t value : *values) {
    WhatIfRequest point{fmt::format("{}={}", key, value), base};
    if (key == "batch") {
      point.request.batch = value;
    } else {
      if (input_shape.size() != 4) {
        return Error(ErrorCode::kInvalidArgument,
                     "input= varies the size of images, and the network's input is none");
      }
      point.request.input_shape = input_shape;
      point.request.input_shape[2] = point.request.input_shape[3] = value;
    }
    requests.push_back(std::move(point));
  }
  return requests;
}

}  // namespace layerwatt
