#include "layerwatt/report/comparison_view.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "core/json.h"

namespace layerwatt {
namespace {

LayerProfile profile_of(double energy, std::string name) {
  LayerProfile profile;
  LayerProfileRow row;
  row.layer.name = std::move(name);
  row.layer.type = "Conv";
  row.run_time.median = std::chrono::microseconds(100);
  row.energy = Estimate<Joules>{joules(energy), joules(energy * 0.98), joules(energy * 1.02)};
  profile.rows.push_back(row);
  profile.pass_energy = row.energy;
  return profile;
}

class ComparisonViews : public testing::Test {
 protected:
  LayerProfile before_ = profile_of(1e-3, "conv <b>1</b>");
  LayerProfile after_ = profile_of(2e-3, "conv <b>1</b>");
  ComparisonView view_{"float32", "int8", before_, after_, compare_profiles(before_, after_)};
};

TEST_F(ComparisonViews, TheTableSaysByHowMuchAndWhetherItIsSignificant) {
  std::ostringstream out;
  print_comparison(out, view_, {120, false});
  const std::string text = out.str();
  EXPECT_NE(text.find("+100.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("worse"), std::string::npos) << text;
  EXPECT_NE(text.find("1.00 mJ"), std::string::npos) << text;
}

TEST_F(ComparisonViews, TheJsonHoldsTheDifferenceWithItsInterval) {
  std::ostringstream out;
  write_comparison_json(out, view_);
  const auto json = parse_json(out.str());
  ASSERT_TRUE(json) << json.error().to_string();
  const auto& energy = (*json)["layers"][0]["energy_joule"];
  EXPECT_DOUBLE_EQ(energy["difference"].GetDouble(), 1e-3);
  EXPECT_TRUE(energy["significant"].GetBool());
  EXPECT_STREQ((*json)["layers"][0]["matched_by"].GetString(), "name");
}

TEST_F(ComparisonViews, ThePageShowsNamesAsText) {
  std::ostringstream out;
  write_comparison_page(out, std::vector<ComparisonView>{view_, view_});
  const std::string page = out.str();
  EXPECT_EQ(page.find("<b>1"), std::string::npos);
  EXPECT_NE(page.find("conv &lt;b&gt;1"), std::string::npos);
  // One document, two sections.
  EXPECT_EQ(page.find("<!DOCTYPE"), page.rfind("<!DOCTYPE"));
  EXPECT_NE(page.find("<h1>"), page.rfind("<h1>"));
}

}  // namespace
}  // namespace layerwatt
