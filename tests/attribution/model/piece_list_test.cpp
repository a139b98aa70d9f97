#include "attribution/model/piece_list.h"

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

constexpr int kGap = 99;

struct Made {
  PieceList list;
  std::vector<LoadPiece> pieces;
};

/// Pieces and gaps of random lengths, far longer and further apart now and then.
Made made_pieces(std::size_t count) {
  Random random(7, "pieces");
  Made made;
  std::int64_t now = -3'000'000;
  std::int64_t end = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_far = random.uniform() < 0.02;
    const std::int64_t pause =
        random.uniform() < 0.5
            ? 0
            : static_cast<std::int64_t>(random.below(is_far ? 9'000'000'000 : 9000));
    const bool is_gap = i > 0 && pause > 0 && random.uniform() < 0.8;
    const auto seconds = [](std::int64_t ns) { return static_cast<double>(ns) * 1e-9; };
    if (is_gap) {
      made.list.append_gap(kGap);
      made.pieces.push_back({seconds(end), seconds(now + pause), kGap});
    }
    now += pause;
    const std::int64_t length =
        1 +
        static_cast<std::int64_t>(random.below(random.uniform() < 0.01 ? 9'000'000'000 : 400'000));
    const int column = random.uniform() < 0.01 ? 100'000 : static_cast<int>(random.below(90));
    made.list.append({now, now + length}, column);
    made.pieces.push_back({seconds(now), seconds(now + length), column});
    now += length;
    end = now;
  }
  return made;
}

void expect_equal(const PieceList& list, std::span<const LoadPiece> pieces) {
  std::size_t i = 0;
  for (const LoadPiece& piece : list) {
    ASSERT_LT(i, pieces.size());
    EXPECT_EQ(piece.begin, pieces[i].begin);
    EXPECT_EQ(piece.end, pieces[i].end);
    EXPECT_EQ(piece.column, pieces[i].column);
    ++i;
  }
  EXPECT_EQ(i, pieces.size());
}

TEST(PieceList, GivesBackPiecesAndGapsToTheNanosecond) {
  const Made made = made_pieces(2000);
  expect_equal(made.list, made.pieces);
  EXPECT_EQ(made.list.front().begin, made.pieces.front().begin);
  EXPECT_EQ(made.list.back().end, made.pieces.back().end);
}

TEST(PieceList, IsSearchedByTimeAndCutOut) {
  const Made made = made_pieces(700);
  Random random(8, "places");
  const double from = made.pieces.front().begin;
  const double length = made.pieces.back().end - from;
  for (int i = 0; i < 300; ++i) {
    // Also exactly where pieces begin and end.
    const LoadPiece& at = made.pieces[random.below(made.pieces.size())];
    const double a = i % 3 == 0 ? at.begin : i % 3 == 1 ? at.end : from + random.uniform() * length;
    const double b = a + random.uniform() * 1e-3;
    std::vector<LoadPiece> expected;
    for (const LoadPiece& piece : made.pieces) {
      if (piece.end > a && piece.begin < b) expected.push_back(piece);
    }
    expect_equal(made.list.part(made.list.first_ending_behind(a), made.list.first_beginning_at(b)),
                 expected);
  }
}

TEST(PieceList, IsChangedPieceByPiece) {
  const Made made = made_pieces(500);
  std::vector<LoadPiece> expected;
  for (const LoadPiece& piece : made.pieces) {
    if (piece.column != 5) expected.push_back({piece.begin + 1.0, piece.end + 1.0, piece.column});
  }
  const PieceList changed =
      made.list.changed([](const LoadPiece& piece) { return piece.column != 5; },
                        [](const LoadPiece& piece) {
                          return LoadPiece{piece.begin + 1.0, piece.end + 1.0, piece.column};
                        });
  std::size_t i = 0;
  for (const LoadPiece& piece : changed) {
    ASSERT_LT(i, expected.size());
    EXPECT_NEAR(piece.begin, expected[i].begin, 1e-9);
    EXPECT_NEAR(piece.end, expected[i].end, 1e-9);
    EXPECT_EQ(piece.column, expected[i++].column);
  }
  EXPECT_EQ(i, expected.size());
}

TEST(PieceList, MayBeEmpty) {
  const PieceList list;
  EXPECT_TRUE(list.empty());
  EXPECT_TRUE(list.begin() == list.end());
  EXPECT_TRUE(list.first_ending_behind(0.0) == list.end());
}

}  // namespace
}  // namespace layerwatt
