#include "layerwatt/dataset/profile_columns.h"

#include <gmock/gmock.h>

#include <set>

namespace layerwatt {
namespace {

LayerProfile one_row() {
  LayerProfile profile;
  LayerProfileRow& row = profile.rows.emplace_back();
  row.layer.name = "conv";
  row.run_time.count = 3;
  row.power = Estimate<Watts>{watts(2.0), watts(1.5), std::nullopt};
  row.status = LayerStatus::kResolved;
  return profile;
}

TEST(ProfileColumns, HaveNamesAndPlacesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const ProfileColumn& column : profile_columns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    EXPECT_TRUE(column.member.empty() || column.set != nullptr) << column.name;
  }
  const auto csv = profile_csv_columns();
  for (std::size_t i = 0; i < csv.size(); ++i) {
    EXPECT_EQ(csv[i]->csv_place, static_cast<int>(i) + 1);
  }
}

TEST(ProfileColumns, GiveNothingForWhatIsNotKnown) {
  const LayerProfile profile = one_row();
  EXPECT_EQ(profile_column("power_watt").get(profile, 0), ProfileValue(2.0));
  EXPECT_EQ(profile_column("power_low_watt").get(profile, 0), ProfileValue(1.5));
  EXPECT_EQ(profile_column("power_high_watt").get(profile, 0), ProfileValue());
  EXPECT_EQ(profile_column("energy_joule").get(profile, 0), ProfileValue());
  EXPECT_EQ(profile_column("group").get(profile, 0), ProfileValue());
}

TEST(ProfileColumns, HoldTheTypeThatTheySayAndTakeItBack) {
  const LayerProfile profile = one_row();
  LayerProfile copy;
  copy.rows.emplace_back();
  for (const ProfileColumn& column : profile_columns()) {
    const ProfileValue value = column.get(profile, 0);
    if (std::holds_alternative<std::monostate>(value)) continue;
    EXPECT_EQ(std::holds_alternative<double>(value), column.kind == ColumnKind::kNumber);
    EXPECT_EQ(std::holds_alternative<std::int64_t>(value), column.kind == ColumnKind::kInteger);
    if (column.set == nullptr) continue;
    column.set(copy.rows[0], value);
    EXPECT_EQ(column.get(copy, 0), value) << column.name;
  }
}

}  // namespace
}  // namespace layerwatt
