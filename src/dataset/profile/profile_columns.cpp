#include "layerwatt/dataset/profile_columns.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "dataset/text/enum_words.h"

namespace layerwatt {
namespace {

using Row = LayerProfileRow;
using Value = ProfileValue;
constexpr auto kNone = ColumnUnit::kNone;
constexpr auto kSecond = ColumnUnit::kSecond;

// Between what a row holds and what a column says.
double si(Duration d) { return to_seconds(d); }
template <class Tag>
double si(Quantity<Tag> q) {
  return q.value();
}
Value text(const std::string& t) { return t.empty() ? Value() : Value(t); }
template <class T>
T as(const Value& value) {
  const T* held = std::get_if<T>(&value);
  return held == nullptr ? T{} : *held;
}

template <auto kMember>
Value get_text(const LayerProfile& p, std::size_t i) {
  return text(p.rows[i].layer.*kMember);
}
template <auto kMember>
void set_text(Row& row, const Value& v) {
  row.layer.*kMember = as<std::string>(v);
}

template <auto kMember>
Value get_number(const LayerProfile& p, std::size_t i) {
  const std::optional<double>& number = p.rows[i].layer.*kMember;
  return number ? Value(*number) : Value();
}
template <auto kMember>
void set_number(Row& row, const Value& v) {
  row.layer.*kMember = as<double>(v);
}

template <auto kTime>
Value get_time(const LayerProfile& p, std::size_t i) {
  return si(p.rows[i].run_time.*kTime);
}
template <auto kTime>
void set_time(Row& row, const Value& v) {
  row.run_time.*kTime = from_seconds(as<double>(v));
}

template <auto kTime>
Value get_isolated_time(const LayerProfile& p, std::size_t i) {
  const auto& stats = p.rows[i].isolated_run_time;
  return stats ? Value(si((*stats).*kTime)) : Value();
}
template <auto kTime>
void set_isolated_time(Row& row, const Value& v) {
  if (!row.isolated_run_time) row.isolated_run_time.emplace();
  (*row.isolated_run_time).*kTime = from_seconds(as<double>(v));
}

/// value, low and high of an estimate; the value comes first, also when they are read back.
template <auto kMember>
struct OfEstimate {
  static Value value(const LayerProfile& p, std::size_t i) {
    const auto& e = p.rows[i].*kMember;
    return e ? Value(si(e->value)) : Value();
  }
  static Value low(const LayerProfile& p, std::size_t i) {
    const auto& e = p.rows[i].*kMember;
    return e && e->low ? Value(si(*e->low)) : Value();
  }
  static Value high(const LayerProfile& p, std::size_t i) {
    const auto& e = p.rows[i].*kMember;
    return e && e->high ? Value(si(*e->high)) : Value();
  }
  static void set_value(Row& row, const Value& v) {
    auto& e = row.*kMember;
    if (!e) e.emplace();
    e->value = decltype(e->value)(as<double>(v));
  }
  static void set_low(Row& row, const Value& v) {
    auto& e = row.*kMember;
    if (e) e->low = decltype(e->value)(as<double>(v));
  }
  static void set_high(Row& row, const Value& v) {
    auto& e = row.*kMember;
    if (e) e->high = decltype(e->value)(as<double>(v));
  }
};

using Power = OfEstimate<&Row::power>;
using Energy = OfEstimate<&Row::energy>;
using RepeatPower = OfEstimate<&Row::repeat_power>;
using IsolatedEnergy = OfEstimate<&Row::isolated_energy>;

Value get_shape(const LayerProfile& p, std::size_t i) {
  const auto& outputs = p.rows[i].layer.outputs;
  return outputs.empty() ? Value() : Value(outputs.front().dimensions);
}
void set_shape(Row& row, const Value& v) {
  row.layer.outputs.resize(1);
  row.layer.outputs.front().dimensions = as<std::vector<std::int64_t>>(v);
}

void set_status(Row& row, const Value& v) {
  for (const LayerStatus status : kLayerStatusWords) {
    if (to_string(status) == as<std::string>(v)) row.status = status;
  }
}

// get and set of what stands in a row once.
constexpr auto get_index = [](const LayerProfile&, std::size_t i) -> Value {
  return static_cast<std::int64_t>(i);
};
constexpr auto get_runs = [](const LayerProfile& p, std::size_t i) -> Value {
  return p.rows[i].run_time.count;
};
constexpr auto set_runs = [](Row& row, const Value& v) {
  row.run_time.count = as<std::int64_t>(v);
};
constexpr auto get_isolated_runs = [](const LayerProfile& p, std::size_t i) -> Value {
  const auto& stats = p.rows[i].isolated_run_time;
  return stats ? Value(stats->count) : Value();
};
constexpr auto set_isolated_runs = [](Row& row, const Value& v) {
  if (!row.isolated_run_time) row.isolated_run_time.emplace();
  row.isolated_run_time->count = as<std::int64_t>(v);
};
constexpr auto get_samples = [](const LayerProfile& p, std::size_t i) -> Value {
  const auto& count = p.rows[i].sample_count;
  return count ? Value(*count) : Value();
};
constexpr auto set_samples = [](Row& row, const Value& v) {
  row.sample_count = as<std::int64_t>(v);
};
constexpr auto get_share = [](const LayerProfile& p, std::size_t i) -> Value {
  const auto& share = p.rows[i].share;
  return share ? Value(*share) : Value();
};
constexpr auto set_share = [](Row& row, const Value& v) { row.share = as<double>(v); };
constexpr auto get_status = [](const LayerProfile& p, std::size_t i) -> Value {
  return std::string(to_string(p.rows[i].status));
};
constexpr auto get_reason = [](const LayerProfile& p, std::size_t i) -> Value {
  return text(p.rows[i].reason);
};
constexpr auto set_reason = [](Row& row, const Value& v) { row.reason = as<std::string>(v); };
constexpr auto get_group = [](const LayerProfile& p, std::size_t i) -> Value {
  const int group = p.rows[i].group;
  return group >= 0 ? Value(std::int64_t{group}) : Value();
};
constexpr auto set_group = [](Row& row, const Value& v) {
  row.group = static_cast<int>(as<std::int64_t>(v));
};
constexpr auto get_shrunk = [](const LayerProfile& p, std::size_t i) -> Value {
  return p.rows[i].shrunk ? Value(true) : Value();
};
constexpr auto set_shrunk = [](Row& row, const Value& v) { row.shrunk = as<bool>(v); };
constexpr auto get_window = [](const LayerProfile& p, std::size_t i) -> Value {
  const auto& power = p.rows[i].window_power;
  return power ? Value(si(*power)) : Value();
};
constexpr auto set_window = [](Row& row, const Value& v) {
  row.window_power = Watts(as<double>(v));
};
constexpr auto get_virtual = [](const LayerProfile& p, std::size_t) -> Value {
  return p.is_virtual;
};

using Stats = RunTimeStats;
constexpr auto kWatt = ColumnUnit::kWatt;
constexpr auto kJoule = ColumnUnit::kJoule;
constexpr auto kPart = ColumnUnit::kPart;

// name, kind, unit, object and member in JSON, place in CSV, title, get, set.
constexpr std::array kColumns = {
    ProfileColumn{"layer_index", ColumnKind::kInteger, kNone, "", "", 1, "#", get_index},
    ProfileColumn{"layer_name", ColumnKind::kText, kNone, "", "layer_name", 2, "Layer",
                  get_text<&Layer::name>, set_text<&Layer::name>},
    ProfileColumn{"layer_type", ColumnKind::kText, kNone, "", "layer_type", 3, "Type",
                  get_text<&Layer::type>, set_text<&Layer::type>},
    ProfileColumn{"parameter_type", ColumnKind::kText, kNone, "", "parameter_type", 4, "",
                  get_text<&Layer::parameter_type>, set_text<&Layer::parameter_type>},
    ProfileColumn{"output_shape", ColumnKind::kShape, kNone, "", "output_shape", 0, "Shape",
                  get_shape, set_shape},
    ProfileColumn{"flop", ColumnKind::kNumber, kNone, "", "flop", 0, "", get_number<&Layer::flops>,
                  set_number<&Layer::flops>},
    ProfileColumn{"byte", ColumnKind::kNumber, kNone, "", "byte", 0, "", get_number<&Layer::bytes>,
                  set_number<&Layer::bytes>},
    ProfileColumn{"run_count", ColumnKind::kInteger, kNone, "run_time", "count", 7, "Runs",
                  get_runs, set_runs},
    ProfileColumn{"median_run_time_second", ColumnKind::kNumber, kSecond, "run_time",
                  "median_second", 8, "Median", get_time<&Stats::median>, set_time<&Stats::median>},
    ProfileColumn{"mean_run_time_second", ColumnKind::kNumber, kSecond, "run_time", "mean_second",
                  9, "Mean", get_time<&Stats::mean>, set_time<&Stats::mean>},
    ProfileColumn{"p95_run_time_second", ColumnKind::kNumber, kSecond, "run_time", "p95_second", 10,
                  "p95", get_time<&Stats::p95>, set_time<&Stats::p95>},
    ProfileColumn{"sample_count", ColumnKind::kInteger, kNone, "", "sample_count", 18, "Samples",
                  get_samples, set_samples},
    ProfileColumn{"power_watt", ColumnKind::kNumber, kWatt, "power_watt", "value", 11, "Power",
                  Power::value, Power::set_value},
    ProfileColumn{"power_low_watt", ColumnKind::kNumber, kWatt, "power_watt", "low", 12, "",
                  Power::low, Power::set_low},
    ProfileColumn{"power_high_watt", ColumnKind::kNumber, kWatt, "power_watt", "high", 13, "",
                  Power::high, Power::set_high},
    ProfileColumn{"energy_joule", ColumnKind::kNumber, kJoule, "energy_joule", "value", 14,
                  "Energy", Energy::value, Energy::set_value},
    ProfileColumn{"energy_low_joule", ColumnKind::kNumber, kJoule, "energy_joule", "low", 15, "",
                  Energy::low, Energy::set_low},
    ProfileColumn{"energy_high_joule", ColumnKind::kNumber, kJoule, "energy_joule", "high", 16, "",
                  Energy::high, Energy::set_high},
    ProfileColumn{"share", ColumnKind::kNumber, kPart, "", "share", 17, "Share", get_share,
                  set_share},
    ProfileColumn{"status", ColumnKind::kText, kNone, "", "status", 5, "Status", get_status,
                  set_status},
    ProfileColumn{"reason", ColumnKind::kText, kNone, "", "reason", 23, "", get_reason, set_reason},
    ProfileColumn{"group", ColumnKind::kInteger, kNone, "", "group", 6, "", get_group, set_group},
    ProfileColumn{"shrunk", ColumnKind::kFlag, kNone, "", "shrunk", 0, "", get_shrunk, set_shrunk},
    ProfileColumn{"repeat_power_watt", ColumnKind::kNumber, kWatt, "repeat_power_watt", "value", 0,
                  "", RepeatPower::value, RepeatPower::set_value},
    ProfileColumn{"repeat_power_low_watt", ColumnKind::kNumber, kWatt, "repeat_power_watt", "low",
                  0, "", RepeatPower::low, RepeatPower::set_low},
    ProfileColumn{"repeat_power_high_watt", ColumnKind::kNumber, kWatt, "repeat_power_watt", "high",
                  0, "", RepeatPower::high, RepeatPower::set_high},
    ProfileColumn{"isolated_run_count", ColumnKind::kInteger, kNone, "isolated_run_time", "count",
                  0, "", get_isolated_runs, set_isolated_runs},
    ProfileColumn{"isolated_median_run_time_second", ColumnKind::kNumber, kSecond,
                  "isolated_run_time", "median_second", 0, "", get_isolated_time<&Stats::median>,
                  set_isolated_time<&Stats::median>},
    ProfileColumn{"isolated_mean_run_time_second", ColumnKind::kNumber, kSecond,
                  "isolated_run_time", "mean_second", 20, "", get_isolated_time<&Stats::mean>,
                  set_isolated_time<&Stats::mean>},
    ProfileColumn{"isolated_p95_run_time_second", ColumnKind::kNumber, kSecond, "isolated_run_time",
                  "p95_second", 0, "", get_isolated_time<&Stats::p95>,
                  set_isolated_time<&Stats::p95>},
    ProfileColumn{"isolated_energy_joule", ColumnKind::kNumber, kJoule, "isolated_energy_joule",
                  "value", 21, "", IsolatedEnergy::value, IsolatedEnergy::set_value},
    ProfileColumn{"isolated_energy_low_joule", ColumnKind::kNumber, kJoule, "isolated_energy_joule",
                  "low", 0, "", IsolatedEnergy::low, IsolatedEnergy::set_low},
    ProfileColumn{"isolated_energy_high_joule", ColumnKind::kNumber, kJoule,
                  "isolated_energy_joule", "high", 0, "", IsolatedEnergy::high,
                  IsolatedEnergy::set_high},
    ProfileColumn{"window_power_watt", ColumnKind::kNumber, kWatt, "", "window_power_watt", 19, "",
                  get_window, set_window},
    ProfileColumn{"virtual", ColumnKind::kFlag, kNone, "", "", 22, "", get_virtual},
};

}  // namespace

std::span<const ProfileColumn> profile_columns() { return kColumns; }

std::span<const ProfileColumn* const> profile_csv_columns() {
  static const std::vector<const ProfileColumn*> kOrdered = [] {
    std::vector<const ProfileColumn*> columns;
    for (const ProfileColumn& column : kColumns) {
      if (column.csv_place > 0) columns.push_back(&column);
    }
    std::ranges::sort(columns, {}, &ProfileColumn::csv_place);
    return columns;
  }();
  return kOrdered;
}

const ProfileColumn& profile_column(std::string_view name) {
  for (const ProfileColumn& column : kColumns) {
    if (column.name == name) return column;
  }
  std::abort();
}

}  // namespace layerwatt
