#include "layerwatt/dataset/log_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "dataset/foreign/log_units.h"

namespace layerwatt {
namespace {

Error wrong(std::string_view part, std::string_view expected) {
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("columns '{}': expected {}, as in time=t:ms,power=P:mW", part, expected));
}

Result<void> take_time(std::string_view part, std::string_view unit, LogColumn column,
                       LogColumns& columns) {
  columns.clock = LogClock::kRelative;
  if (unit == "stamp") {
    columns.clock = LogClock::kStamp;
  } else if (unit == "unix") {
    columns.clock = LogClock::kUnix;
  } else if (const auto scale = scale_of("time", unit)) {
    column.scale = *scale;
  } else {
    return wrong(part, "a unit of time: stamp, unix, s, ms, us or ns");
  }
  columns.time = std::move(column);
  return {};
}

Result<void> take_part(std::string_view part, LogColumns& columns) {
  const std::size_t equals = part.find('=');
  const std::size_t colon = part.rfind(':');
  if (equals == std::string_view::npos || colon == std::string_view::npos || colon < equals + 2) {
    return wrong(part, "what=column:unit");
  }
  const std::string_view role = part.substr(0, equals);
  const std::string_view name = part.substr(equals + 1, colon - equals - 1);
  const std::string_view unit = part.substr(colon + 1);
  if (role == "only") {
    columns.only_column = name;
    columns.only_value = unit;
    return {};
  }
  LogColumn column{std::string(name), 1.0};
  if (role == "time") return take_time(part, unit, std::move(column), columns);
  const auto scale = scale_of(role, unit);
  if (!scale) {
    return wrong(part, role == "voltage"   ? "a unit of voltage: V, mV or uV"
                       : role == "current" ? "a unit of current: A, mA or uA"
                       : role == "power"   ? "a unit of power: W, mW, uW or kW"
                                           : "time, voltage, current, power or only");
  }
  column.scale = *scale;
  auto& place = role == "voltage"   ? columns.voltage
                : role == "current" ? columns.current
                                    : columns.power;
  place = std::move(column);
  return {};
}

}  // namespace

Result<LogColumns> parse_log_columns(std::string_view text) {
  LogColumns columns;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (auto taken = take_part(text.substr(begin, end - begin), columns); !taken) {
      return std::move(taken).error();
    }
    begin = end + 1;
  }
  const bool is_only = columns.time.name.empty() && !columns.voltage && !columns.current &&
                       !columns.power && !columns.only_column.empty();
  if (is_only) return columns;
  if (columns.time.name.empty()) return wrong(text, "a column of time");
  if (!columns.power && !(columns.voltage && columns.current)) {
    return wrong(text, "a column of power, or of voltage and current");
  }
  return columns;
}

}  // namespace layerwatt
