#include "attribution/clock/phase_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

/// Reads at random distances around `apart` of a register whose conversions end at
/// `phase` + j·`period`, each of which changes it with some probability.
std::vector<RegisterEvent> events_of(double period, double phase, double change_probability,
                                     double apart, double length) {
  Random random(1, "events");
  std::vector<RegisterEvent> events;
  double end = phase;
  for (double from = 0.0; from < length;) {
    const double to = from + apart * random.uniform(0.8, 1.2);
    bool changed = false;
    for (; end <= to; end += period) {
      changed = changed || (end > from && random.uniform() < change_probability);
    }
    events.push_back({from, to, changed});
    from = to;
  }
  return events;
}

/// How far apart two phases are around a period.
double distance(double a, double b, double period) {
  const double apart = a - b;
  return std::abs(apart - period * std::round(apart / period));
}

TEST(PhaseSearch, PutsTheEndIntoTheOneIntervalInWhichTheRegisterChanged) {
  const std::vector<RegisterEvent> events = {
      {0.0, 0.3, false}, {0.3, 0.4, true}, {0.4, 1.0, false}};
  PhaseSearch search(events, 0.0);
  const PulseTrain train = search.best_phase(1.0, 100);
  EXPECT_EQ(train.period, 1.0);
  EXPECT_GT(train.phase, 0.3);
  EXPECT_LE(train.phase, 0.4);
}

TEST(PhaseSearch, CountsPhasesFromItsReferenceAndAroundThePeriod) {
  // Ends at 0.95, 1.95, …, of which the register shows one each.
  std::vector<RegisterEvent> events;
  for (int j = 0; j < 20; ++j) {
    events.push_back({j + 0.05, j + 0.9, false});
    events.push_back({j + 0.9, j + 1.05, true});
  }
  for (const double reference : {0.0, 0.5, 7.25}) {
    PhaseSearch search(events, reference);
    const PulseTrain train = search.best_phase(1.0, 200);
    EXPECT_GE(train.phase, 0.0);
    EXPECT_LT(train.phase, 1.0);
    EXPECT_LT(distance(reference + train.phase, 0.975, 1.0), 0.08) << reference;
  }
}

TEST(PhaseSearch, FindsThePhaseBetweenReadsFromMany) {
  for (const double probability : {0.05, 0.3, 0.9}) {
    const auto events = events_of(1.0, 0.37, probability, 0.45, 600.0);
    PhaseSearch search(events, 300.0);
    EXPECT_LT(distance(search.best_phase(1.0, 200).phase, 0.37, 1.0), 0.05) << probability;
  }
}

TEST(PhaseSearch, FindsThePeriodThatTheEventsKeep) {
  constexpr double kLength = 600.0;
  const auto events = events_of(1.013, 0.2, 0.5, 0.4, kLength);
  PhaseSearch search(events, 0.5 * kLength);
  const auto [train, rival] = search.best_period(0.95, 1.05, 32, 3.0 / kLength);
  // An end at either side of the events is off by a tenth of a period at most.
  EXPECT_NEAR(train.period, 1.013, 0.1 / (0.5 * kLength));
  ASSERT_TRUE(rival);
  EXPECT_GT(train.score - *rival, 100.0);
  EXPECT_FALSE(search.best_period(1.012, 1.014, 32, 0.01).rival);
}

TEST(PhaseSearch, HasNoPeriodThatIsMuchBetterWhereEveryReadChanged) {
  std::vector<RegisterEvent> events;
  for (int k = 0; k < 400; ++k) events.push_back({2.5 * k, 2.5 * (k + 1), true});
  PhaseSearch search(events, 500.0);
  const auto [train, rival] = search.best_period(0.95, 1.05, 32, 0.003);
  ASSERT_TRUE(rival);
  EXPECT_LT(train.score - *rival, 12.0);
}

TEST(PhaseSearch, TellsTheMeanAndTheDoubtOfAPhaseThatTwoReadsLeaveOpen) {
  // The end lies between 0.3 and 0.5 in every period, and nothing says where.
  std::vector<RegisterEvent> events;
  for (int j = 0; j < 100; ++j) {
    events.push_back({j + 0.0, j + 0.3, false});
    events.push_back({j + 0.3, j + 0.5, true});
    events.push_back({j + 0.5, j + 1.0, false});
  }
  PhaseSearch search(events, 0.0);
  const auto posterior = search.phase_posterior(1.0, 0.4, 0.0, 1000);
  EXPECT_NEAR(posterior.mean, 0.4, 0.002);
  EXPECT_NEAR(posterior.deviation, 0.2 / std::sqrt(12.0), 0.002);
}

TEST(PhaseSearch, TakesThePhaseNearestToWhereItIsExpected) {
  std::vector<RegisterEvent> events;
  for (int j = 0; j < 100; ++j) {
    events.push_back({j + 0.0, j + 0.3, false});
    events.push_back({j + 0.3, j + 0.5, true});
    events.push_back({j + 0.5, j + 1.0, false});
  }
  PhaseSearch search(events, 0.0);
  EXPECT_NEAR(search.phase_posterior(1.0, 7.35, 0.0, 1000).mean, 7.4, 0.002);
  // What was known before weighs along: expected at its very edge to within little.
  const auto narrow = search.phase_posterior(1.0, 0.32, 0.005, 1000);
  EXPECT_NEAR(narrow.mean, 0.32, 0.002);
  EXPECT_NEAR(narrow.deviation, 0.005, 0.001);
}

}  // namespace
}  // namespace layerwatt
