#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "layerwatt/core/layer_profile.h"

namespace layerwatt {

/// What a row of a profile holds in one column. std::monostate: nothing, which is never 0.
using ProfileValue = std::variant<std::monostate, std::int64_t, double, bool, std::string,
                                  std::vector<std::int64_t>>;

/// What a column holds: the alternative of ProfileValue, where there is a value.
enum class ColumnKind { kText, kInteger, kNumber, kFlag, kShape };

/// What the numbers of a column are, in SI units.
enum class ColumnUnit {
  kNone,  ///< texts, counts, operations, bytes
  kSecond,
  kWatt,
  kJoule,
  kPart,  ///< 0 to 1
};

/// One column of a layer profile: every format of it (CSV, JSON, tables for people) walks the same
/// list, and so does whatever reads one back.
struct ProfileColumn {
  /// Unique, with the unit: "power_low_watt".
  std::string_view name;
  ColumnKind kind = ColumnKind::kText;
  ColumnUnit unit = ColumnUnit::kNone;
  /// Where `layer_profile.json` has it: the member of a layer, or of an object in it ("power_watt",
  /// "low"). Empty: not in it.
  std::string_view object;
  std::string_view member;
  /// Place in `layer_profile.csv`, from 1; 0: not in it.
  int csv_place = 0;
  /// For people, without a unit ("Median"); empty where tables do not show it.
  std::string_view title;
  ProfileValue (*get)(const LayerProfile& profile, std::size_t row);
  /// Takes back what get() gave; nullptr where the row itself does not hold it.
  void (*set)(LayerProfileRow& row, const ProfileValue& value) = nullptr;
};

/// All of them, in the order of the JSON.
std::span<const ProfileColumn> profile_columns();

/// Those of `layer_profile.csv`, in its order.
std::span<const ProfileColumn* const> profile_csv_columns();

/// The column of that name. Precondition: there is one.
const ProfileColumn& profile_column(std::string_view name);

}  // namespace layerwatt
