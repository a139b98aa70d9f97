#include "layerwatt/report/layer_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace layerwatt {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

LayerProfileRow row(const std::string& name, double power, Duration time) {
  LayerProfileRow r;
  r.layer.name = name;
  r.layer.parameter_type = "Convolution";
  r.layer.outputs.push_back({"y", {1, 64, 55, 55}, ""});
  r.run_time = {100, time, time, 2 * time};
  r.power = Estimate<Watts>{watts(power), std::nullopt, std::nullopt};
  r.energy = Estimate<Joules>{watts(power) * time, std::nullopt, std::nullopt};
  r.share = 0.5;
  r.status = LayerStatus::kResolved;
  return r;
}

LayerProfile profile() {
  LayerProfile p;
  p.model = "alexnet";
  p.method = "window";
  p.rail = "VDD_IN";
  p.passes = 30000;
  p.samples = 100000;
  p.idle_power = Estimate<Watts>{watts(4.5), std::nullopt, std::nullopt};
  p.rows.push_back(row("conv1", 1.0, 2ms));
  p.rows.push_back(row("conv2", 3.0, 1ms));
  return p;
}

std::string print(const LayerProfile& p, LayerSort sort = LayerSort::kOrder) {
  std::ostringstream out;
  print_layer_table(out, p, sort, {120, false});
  return out.str();
}

TEST(LayerTable, ShowsEveryColumnAndTheTotals) {
  const std::string text = print(profile());
  EXPECT_THAT(text, HasSubstr("alexnet: method window, VDD_IN, 30,000 passes, 100,000 samples\n"));
  EXPECT_THAT(text, HasSubstr("1  conv1  Convolution  1×64×55×55   100  2.00 ms  "
                              "4.00 ms  1.00 W  2.00 mJ  50.0 %\n"));
  EXPECT_THAT(text, HasSubstr("total"));
  EXPECT_THAT(text, HasSubstr("3.00 ms           1.67 W  5.00 mJ"));
  EXPECT_THAT(text, HasSubstr("Idle power 4.50 W; powers and energies of layers are above it.\n"));
  EXPECT_THAT(text, Not(HasSubstr("VIRTUAL")));
  EXPECT_THAT(text, Not(HasSubstr("Status")));
}

TEST(LayerTable, SortsByEnergyPowerAndTime) {
  const auto first_is = [](const std::string& text, const char* name) {
    return text.find(name) < text.find(std::string(name) == "conv1" ? "conv2" : "conv1");
  };
  EXPECT_TRUE(first_is(print(profile(), LayerSort::kOrder), "conv1"));
  EXPECT_TRUE(first_is(print(profile(), LayerSort::kEnergy), "conv2"));
  EXPECT_TRUE(first_is(print(profile(), LayerSort::kPower), "conv2"));
  EXPECT_TRUE(first_is(print(profile(), LayerSort::kTime), "conv1"));
  EXPECT_EQ(parse_layer_sort("energy"), LayerSort::kEnergy);
  EXPECT_EQ(parse_layer_sort("size"), std::nullopt);
}

TEST(LayerTable, SaysInPlainWordsThatPowerIsVirtual) {
  LayerProfile p = profile();
  p.is_virtual = true;
  p.is_partial = true;
  EXPECT_THAT(print(p), HasSubstr("VIRTUAL: synthesised by a simulated board"));
  EXPECT_THAT(print(p), HasSubstr("partial (stopped before its end)"));
}

TEST(LayerTable, ShowsIntervalsAndStatusWhereThereAreAny) {
  LayerProfile p = profile();
  p.rows[0].power->low = watts(0.9);
  p.rows[0].power->high = watts(1.1);
  p.rows[1].status = LayerStatus::kUnresolved;
  p.rows[1].reason = "it never ran alone";
  p.rows[1].power.reset();
  p.rows[1].energy.reset();
  p.rows[1].share.reset();
  p.rows.push_back(row("fc", 1.0, 1ms));
  p.rows[2].status = LayerStatus::kMerged;
  p.rows[2].group = 0;
  const std::string text = print(p, LayerSort::kEnergy);
  EXPECT_THAT(text, HasSubstr("Power, 95 %"));
  EXPECT_THAT(text, HasSubstr("900 mW … 1.10 W"));
  EXPECT_THAT(text, HasSubstr("unresolved"));
  EXPECT_THAT(text, HasSubstr("merged 1"));
  EXPECT_THAT(text, HasSubstr("total, known"));
  EXPECT_THAT(text, HasSubstr("Unresolved: it never ran alone.\n"));
  EXPECT_LT(text.find("fc"), text.find("conv2"));  // without an energy, last
}

/// A profile whose parts are 5 mJ of layers and 1 mJ between them, in 4 ms.
LayerProfile whole_profile() {
  LayerProfile p = profile();
  p.method = "solve";
  p.gap_power = Estimate<Watts>{watts(1.0), watts(0.9), watts(1.1)};
  p.gap_time = 1ms;
  p.pass_energy = Estimate<Joules>{joules(6e-3), joules(5.9e-3), joules(6.1e-3)};
  p.pass_time = 4ms;
  return p;
}

TEST(LayerTable, ShowsWhatThePassConsistsOfWithAndWithoutIdlePower) {
  EXPECT_THAT(
      print(whole_profile()),
      HasSubstr("Between layers: 1.00 ms a pass, power 1.00 W (900 mW … 1.10 W).\n"
                "One pass: 6.00 mJ (5.90 mJ … 6.10 mJ) above idle = layers 5.00 mJ + between "
                "them 1.00 mJ, in 4.00 ms; with idle power 24.0 mJ.\n"));
}

TEST(LayerTable, SaysWhatNoLayerExplainsSoThatItAddsUp) {
  LayerProfile p = whole_profile();
  p.pass_energy->value = joules(6.5e-3);
  EXPECT_THAT(print(p), HasSubstr("between them 1.00 mJ + 500 µJ that no layer explains"));
}

TEST(LayerTable, KeepsPassesWithoutTheProfilerApart) {
  LayerProfile p = whole_profile();
  p.plain_pass_energy = Estimate<Joules>{joules(5e-3), joules(4.9e-3), joules(5.1e-3)};
  p.plain_pass_time = 3ms;
  EXPECT_THAT(print(p),
              HasSubstr("One pass without the profiler: 5.00 mJ (4.90 mJ … 5.10 mJ) above "
                        "idle, in 3.00 ms; with idle power 18.5 mJ.\n"));
}

TEST(LayerTable, ShowsNoNumberThatSaysNothing) {
  LayerProfile p = whole_profile();
  p.gap_power = Estimate<Watts>{watts(70.7), watts(0.0), watts(201.0)};
  EXPECT_THAT(print(p), HasSubstr("power not known (0 W … 201 W)"));
  EXPECT_THAT(print(p), Not(HasSubstr("70.7 W")));
}

TEST(LayerTable, HasItsTotalUnderTheMeanOfWhichEnergyIsMade) {
  const std::string text = print(profile());
  EXPECT_THAT(text, HasSubstr("Mean"));
  EXPECT_THAT(text, Not(HasSubstr("Median")));
}

TEST(LayerTable, NamesCannotSteerTheTerminal) {
  LayerProfile p = profile();
  p.rows[0].layer.name = "\x1b[2Jgone";
  p.model = "a\nb";
  EXPECT_THAT(print(p), Not(HasSubstr("\x1b")));
}

TEST(LayerTable, AnEmptyProfileHasATableWithoutRows) {
  EXPECT_THAT(print(LayerProfile{}), HasSubstr("Layer"));
}

}  // namespace
}  // namespace layerwatt
