#include "layerwatt/recording/region_timeline.h"

#include <gmock/gmock.h>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Instant at(std::int64_t ms) { return instant_from_ns(ms * 1'000'000); }

/// Marks by name; a minus sign before it is an end.
class Marked {
 public:
  Marked& mark(std::int64_t ms, std::string_view name, std::uint32_t lane = 1) {
    const bool begins = name.front() != '-';
    marks.marks.push_back({at(ms), lane, marks.index_of(begins ? name : name.substr(1)), begins});
    return *this;
  }
  RegionTimeline part(std::int64_t from, std::int64_t to) {
    return part_by_regions(marks, at(from), at(to));
  }
  RegionMarks marks;
};

/// "head 10-20" of every piece.
std::vector<std::string> told(const RegionTimeline& timeline) {
  std::vector<std::string> texts;
  for (const RegionPiece& piece : timeline.pieces) {
    texts.push_back((piece.segment < 0
                         ? std::string("outside")
                         : timeline.segments[static_cast<std::size_t>(piece.segment)]) +
                    " " + std::to_string(to_ns(piece.start) / 1'000'000) + "-" +
                    std::to_string(to_ns(piece.end) / 1'000'000));
  }
  return texts;
}

TEST(RegionTimeline, PartsASpanByItsRegions) {
  const RegionTimeline timeline =
      Marked().mark(10, "load").mark(20, "-load").mark(20, "run").mark(40, "-run").part(0, 50);
  EXPECT_THAT(told(timeline),
              ElementsAre("outside 0-10", "load 10-20", "run 20-40", "outside 40-50"));
  EXPECT_THAT(timeline.notes, IsEmpty());
}

TEST(RegionTimeline, WhatIsInsideARegionBelongsToTheInnerOne) {
  const RegionTimeline timeline =
      Marked().mark(10, "pass").mark(20, "head").mark(30, "-head").mark(40, "-pass").part(10, 40);
  EXPECT_THAT(told(timeline), ElementsAre("pass 10-20", "head 20-30", "pass 30-40"));
  ASSERT_THAT(timeline.instances, SizeIs(2));
  EXPECT_TRUE(timeline.instances[0].holds_others);
  EXPECT_EQ(timeline.instances[0].end, at(40));
  EXPECT_EQ(timeline.instances[1].depth, 1U);
}

TEST(RegionTimeline, WhatRunsAtOnceInThreadsIsASegmentOfItsOwn) {
  const RegionTimeline timeline = Marked()
                                      .mark(0, "head", 1)
                                      .mark(5, "loader", 2)
                                      .mark(10, "loader", 3)
                                      .mark(15, "-loader", 3)
                                      .mark(20, "-head", 1)
                                      .mark(25, "-loader", 2)
                                      .part(0, 25);
  EXPECT_THAT(told(timeline),
              ElementsAre("head 0-5", "head + loader 5-10", "head + loader ×2 10-15",
                          "head + loader 15-20", "loader 20-25"));
}

TEST(RegionTimeline, RegionsThatCrossAreTold) {
  const RegionTimeline timeline =
      Marked().mark(0, "a").mark(10, "b").mark(20, "-a").mark(30, "-b").part(0, 40);
  EXPECT_THAT(told(timeline), ElementsAre("a 0-10", "b 10-30", "outside 30-40"));
  EXPECT_THAT(timeline.notes, ElementsAre(HasSubstr("Regions cross: 'a' (1×)")));
}

TEST(RegionTimeline, ARegionThatNeverEndsEndsWithTheSpan) {
  const RegionTimeline timeline = Marked().mark(10, "a").part(0, 40);
  EXPECT_THAT(told(timeline), ElementsAre("outside 0-10", "a 10-40"));
  EXPECT_TRUE(timeline.instances[0].is_cut);
  EXPECT_THAT(timeline.notes, ElementsAre(HasSubstr("No end was marked of 'a'")));
}

TEST(RegionTimeline, AnEndWithoutABeginIsLeftOut) {
  const RegionTimeline timeline = Marked().mark(10, "-a").part(0, 40);
  EXPECT_THAT(told(timeline), ElementsAre("outside 0-40"));
  EXPECT_THAT(timeline.notes, ElementsAre(HasSubstr("had not begun")));
}

TEST(RegionTimeline, MarksBeyondTheSpanAreNotOfIt) {
  const RegionTimeline timeline = Marked().mark(0, "a").mark(20, "-a").mark(60, "b").part(10, 40);
  EXPECT_THAT(told(timeline), ElementsAre("a 10-20", "outside 20-40"));
  EXPECT_THAT(timeline.notes, IsEmpty());
}

TEST(RegionTimeline, AnyNumberOfCombinationsHasABound) {
  Marked marked;
  for (std::uint32_t lane = 1; lane <= 400; ++lane) marked.mark(lane, "r", lane);
  const RegionTimeline timeline = marked.part(0, 500);
  EXPECT_THAT(timeline.segments, SizeIs(257));
  EXPECT_EQ(timeline.segments.back(), "(several regions at once)");
}

TEST(RegionTimeline, APassEndsWhereAnOutermostRegionComesAgain) {
  Marked flat;
  flat.mark(0, "a").mark(5, "-a").mark(5, "b").mark(9, "-b");
  flat.mark(10, "a").mark(15, "-a").mark(15, "b").mark(19, "-b");
  EXPECT_THAT(passes_of(flat.part(0, 20), at(0)), ElementsAre(at(0), at(10)));
  Marked nested;
  nested.mark(0, "pass").mark(1, "a").mark(2, "-a").mark(3, "a").mark(4, "-a").mark(5, "-pass");
  nested.mark(6, "pass").mark(9, "-pass");
  EXPECT_THAT(passes_of(nested.part(0, 20), at(0)), ElementsAre(at(0), at(6)));
}

TEST(RegionMarks, NamesCanStandInATable) {
  RegionMarks marks;
  EXPECT_EQ(marks.names[marks.index_of("a\tb\x01 ")], "a b");
  EXPECT_EQ(marks.names[marks.index_of("\xff")], "\xEF\xBF\xBD");
  EXPECT_EQ(marks.names[marks.index_of("  ")], "(no name)");
  EXPECT_LE(marks.names[marks.index_of(std::string(500, 'x'))].size(), 124U);
  EXPECT_EQ(marks.index_of("head"), marks.index_of("head"));
}

TEST(RegionMarks, NamesThatAreMadeUpDoNotFillTheMemory) {
  RegionMarks marks;
  for (int i = 0; i < 10'000; ++i) marks.index_of("request " + std::to_string(i));
  EXPECT_THAT(marks.names, SizeIs(kMostRegions));
  EXPECT_EQ(marks.names.back(), kOtherRegions);
}

}  // namespace
}  // namespace layerwatt
