#include "layerwatt/report/characterisation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "core/json.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

Characterisation measured_rail() {
  Characterisation rail;
  rail.rail.name = "VDD_IN";
  rail.rail.model.period = 840us;
  rail.rail.model.averaging = Averaging::kExponential;
  rail.rail.model.average_count = 512;
  rail.rail.model.provenance = Provenance::kDeclared;
  rail.readings = 12345;
  rail.rate = 1800.0;
  rail.read_median = 554us;
  rail.read_p99 = 700us;
  rail.idle = Watts(4.0);
  rail.load = Watts(9.0);
  rail.step = Watts(0.04);
  rail.current_step = Amperes(0.008);
  rail.period = 812902ns;
  rail.period_error = 2e-7;
  rail.rise_is_bound = true;
  rail.rise = 417ms;
  rail.is_averaged = true;
  rail.notes.push_back("no time constant from the end of the load: too noisy");
  return rail;
}

TEST(Characterisations, StandBesideWhatTheSettingsSay) {
  Board board;
  board.name = "Jetson Orin Nano";
  std::ostringstream out;
  print_characterisations(out, board, {measured_rail()}, {160, false});
  const std::string text = out.str();
  EXPECT_THAT(text, HasSubstr("12,345"));
  EXPECT_THAT(text, HasSubstr("554 µs"));
  EXPECT_THAT(text, HasSubstr("812.9020 µs ± 0.20 ppm"));
  EXPECT_THAT(text, HasSubstr("≤ 417 ms"));
  EXPECT_THAT(text, HasSubstr("unknown"));
  EXPECT_THAT(text, HasSubstr("declared"));
  EXPECT_THAT(text, HasSubstr("430 ms"));
  EXPECT_THAT(text, HasSubstr("VDD_IN: no time constant from the end of the load: too noisy."));
  EXPECT_THAT(text, Not(HasSubstr("VIRTUAL")));
  board.is_virtual = true;
  print_characterisations(out, board, {measured_rail()}, {160, false});
  EXPECT_THAT(out.str(), HasSubstr("VIRTUAL"));
}

TEST(Characterisations, AsJsonHoldNullWhereNothingWasMeasured) {
  std::ostringstream out;
  write_characterisations_json(out, Board(), {measured_rail()});
  const auto json = parse_json(out.str());
  ASSERT_TRUE(json) << json.error().to_string();
  const auto& rail = (*json)["rails"][0];
  EXPECT_EQ(rail["measured"]["step_ampere"].GetDouble(), 0.008);
  EXPECT_EQ(rail["measured"]["period_second"].GetDouble(), 812.902e-6);
  EXPECT_TRUE(rail["measured"]["fall_time_constant_second"].IsNull());
  EXPECT_TRUE(rail["measured"]["rise_is_upper_bound"].GetBool());
  EXPECT_EQ(rail["declared"]["average_count"].GetInt(), 512);
  EXPECT_EQ(rail["notes"].Size(), 1U);
}

}  // namespace
}  // namespace layerwatt
