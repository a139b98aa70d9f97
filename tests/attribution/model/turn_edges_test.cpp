#include "attribution/model/turn_edges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

LoadPieces two_layers() {
  LoadPieces load;
  load.layers = 2;
  return load;
}

TEST(TurnEdges, AreWhereALayerThatRunsAloneBeginsAndEnds) {
  LoadPieces load = two_layers();
  // First execution and repeats of layer 0; a pause; layer 1, and layer 0 behind it at once.
  load.pieces = {{0.1, 0.15, 0}, {0.15, 0.2, 2}, {0.2, 0.24, 4},
                 {0.24, 0.3, 1}, {0.3, 0.4, 3},  {0.4, 0.5, 0}};
  EXPECT_THAT(turn_edges(load), ElementsAre(DoubleEq(0.1), DoubleEq(0.2), DoubleEq(0.24),
                                            DoubleEq(0.4), DoubleEq(0.4), DoubleEq(0.5)));
}

TEST(TurnEdges, AreNotWithinAPass) {
  LoadPieces load = two_layers();
  load.pieces = {{0.1, 0.101, 0}, {0.101, 0.102, 1}, {0.102, 0.103, 0}, {0.103, 0.104, 1}};
  EXPECT_THAT(turn_edges(load), ElementsAre(DoubleEq(0.1), DoubleEq(0.104)));
  EXPECT_THAT(turn_edges(two_layers()), IsEmpty());
}

TEST(TurnEdges, AreSeenByReadingsWhoseConversionMayHaveHeldThem) {
  LoadPieces load = two_layers();
  PowerTrace trace;
  for (int k = 0; k < 6; ++k) {
    trace.before.push_back(Instant(Duration(k * 2'000'000)));
    trace.after.push_back(trace.before.back() + Duration(1'000'000));
    trace.power.emplace_back(1.0);
  }
  // Reads from 4 to 5 ms, and from 6 to 7 ms, 1.3 · (0.8 + 0.14) + 1 ms behind which is 3.8 ms.
  EXPECT_THAT(sees_edge(trace, load, {4.5e-3}, 0.8e-3, 0.14e-3),
              ElementsAre(false, false, true, true, false, false));
  EXPECT_THAT(sees_edge(trace, load, {}, 0.8e-3, 0.14e-3),
              ElementsAre(false, false, false, false, false, false));
}

}  // namespace
}  // namespace layerwatt
