#include "attribution/fit/chained_equations.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <random>
#include <vector>

namespace layerwatt {
namespace {

constexpr std::size_t kBorder = 5;  // four unknowns and the reading
constexpr std::size_t kKnots = 12;

/// Rows of a border and of two or three neighbouring knots each, gathered both ways: as a chain,
/// and with all columns in each row.
struct Gathered {
  explicit Gathered(double drift) : chain(kBorder, kKnots, noise_of(drift)) {
    std::mt19937 engine(7);
    std::normal_distribution<double> normal;
    const Eigen::Index all = kBorder + kKnots;
    Whitener whitener(noise_of(drift), kBorder + kKnots);
    for (int r = 0; r < 600; ++r) {
      const double time = 0.02 * r;
      // Knot 4 is felt by no row; some rows feel three.
      std::size_t first = static_cast<std::size_t>(r / 60);
      std::size_t last = first + (r % 60 > 50 ? 2 : 1);
      if (first == 3) last = 3;
      if (first == 4) first = 5;
      last = std::max(std::min(last, kKnots - 1), first);
      if (r % 100 == 0) {
        chain.begin_block();
        blocks.emplace_back(Eigen::MatrixXd::Zero(all, all));
      }
      // The reach never falls.
      reach_first = std::max(reach_first, first);
      reach_last = std::max(reach_last, last);
      chain.reach(reach_first, reach_last);
      std::vector<double> row(kBorder + reach_last - reach_first + 1);
      std::vector<double> whole(kBorder + kKnots, 0.0);
      for (std::size_t c = 0; c < row.size(); ++c) {
        const std::size_t knot = c - kBorder + reach_first;
        if (c >= kBorder && (knot == 4 || knot < first || knot > last)) continue;
        row[c] = normal(engine);
        // The reading stands last in the whole.
        const std::size_t at = c + 1 < kBorder    ? c
                               : c + 1 == kBorder ? whole.size() - 1
                                                  : knot + kBorder - 1;
        whole[at] = row[c];
      }
      chain.add(time, row);
      whitener.whiten(time, 1.0, whole);
      const Eigen::Map<const Eigen::VectorXd> as_vector(whole.data(), all);
      blocks.back() += as_vector * as_vector.transpose();
    }
    chain.close();
    for (std::size_t i = 1; i + 1 < kKnots; ++i) {
      bends.push_back({0.1 * double(i), 0.5});
      Eigen::VectorXd bend = Eigen::VectorXd::Zero(all);
      const auto at = static_cast<Eigen::Index>(kBorder - 1 + i);
      bend[at - 1] = bend[at + 1] = 2.0;
      bend[at] = -4.0;
      bend[all - 1] = 0.2 * double(i);
      known.push_back(bend);
    }
  }

  static NoiseModel noise_of(double drift) {
    NoiseModel noise;
    noise.drift = drift;
    noise.drift_time = 3.0;
    return noise;
  }
  Eigen::MatrixXd total() const {
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(blocks[0].rows(), blocks[0].cols());
    for (const auto& block : blocks) sum += block;
    for (const auto& bend : known) sum += bend * bend.transpose();
    return sum;
  }

  ChainedEquations chain;
  std::vector<Eigen::MatrixXd> blocks;
  std::vector<KnotBend> bends;
  std::vector<Eigen::VectorXd> known;
  std::size_t reach_first = 0;
  std::size_t reach_last = 1;
};

/// (border, −1) to all unknowns and −1, with the knots solved for densely.
Eigen::MatrixXd dense_map(const Eigen::MatrixXd& total) {
  const Eigen::Index unknowns = kBorder - 1;
  const Eigen::Index knots = kKnots;
  Eigen::MatrixXd between(knots, unknowns + 1);
  between << total.block(unknowns, 0, knots, unknowns),
      total.block(unknowns, unknowns + knots, knots, 1);
  Eigen::MatrixXd map = Eigen::MatrixXd::Zero(unknowns + knots + 1, unknowns + 1);
  map.topLeftCorner(unknowns, unknowns).setIdentity();
  map(unknowns + knots, unknowns) = 1.0;
  map.middleRows(unknowns, knots) =
      -total.block(unknowns, unknowns, knots, knots).ldlt().solve(between);
  return map;
}

class Chain : public ::testing::TestWithParam<double> {};

TEST_P(Chain, EliminatesItsKnotsAsDenseEquationsDo) {
  const Gathered gathered(GetParam());
  const ChainElimination chain(gathered.chain, gathered.bends);
  const Eigen::MatrixXd total = gathered.total();
  const Eigen::MatrixXd map = dense_map(total);
  const Eigen::MatrixXd expected = map.transpose() * total * map;
  EXPECT_LT((chain.border() - expected).cwiseAbs().maxCoeff(), 1e-7);
  Eigen::VectorXd border(kBorder - 1);
  border << 0.3, -1.0, 2.0, 0.7;
  Eigen::VectorXd with_reading(kBorder);
  with_reading << border, -1.0;
  const Eigen::VectorXd knots = (map * with_reading).segment(kBorder - 1, kKnots);
  EXPECT_LT((chain.knots(border) - knots).cwiseAbs().maxCoeff(), 1e-8);
}

TEST_P(Chain, SplitsTheEliminatedEquationsByBlockOfTimeAsDenseEquationsDo) {
  const Gathered gathered(GetParam());
  const ChainElimination chain(gathered.chain, gathered.bends);
  const Eigen::MatrixXd map = dense_map(gathered.total());
  const auto blocks = chain.blocks();
  ASSERT_EQ(blocks.size(), gathered.blocks.size());
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const Eigen::MatrixXd expected = map.transpose() * gathered.blocks[b] * map;
    EXPECT_LT((blocks[b] - expected).cwiseAbs().maxCoeff(), 1e-7) << "block " << b;
  }
}

TEST_P(Chain, TellsWhatACommonShiftOfTheKnotsWouldDo) {
  const Gathered gathered(GetParam());
  Eigen::MatrixXd data = gathered.total();
  for (const auto& bend : gathered.known) data -= bend * bend.transpose();
  const Eigen::VectorXd all = data.middleCols(kBorder - 1, kKnots).rowwise().sum();
  Eigen::VectorXd expected(kBorder);
  expected << all.head(kBorder - 1), all.tail(1);
  const ChainElimination chain(gathered.chain, gathered.bends);
  EXPECT_LT((chain.shift() - expected).cwiseAbs().maxCoeff(), 1e-8);
}

// Without drift rows feel nothing of knots gone; with it all that were there before.
INSTANTIATE_TEST_SUITE_P(Drift, Chain, ::testing::Values(0.0, 0.05, 20.0));

}  // namespace
}  // namespace layerwatt
