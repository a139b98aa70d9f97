#include "layerwatt/recording/line_marks.h"

#include <gmock/gmock.h>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// "+load" and "-load" in order, of lines that come a second apart.
std::vector<std::string> marks_of(std::string_view expression,
                                  const std::vector<std::string>& lines) {
  auto pattern = LinePattern::compile(expression);
  if (!pattern) return {pattern.error().message()};
  LineMarks marker(*pattern);
  RegionMarks marks;
  Instant now = instant_from_ns(0);
  for (const std::string& line : lines) {
    marker.add(LineMarks::kOutput, line + "\n", now, marks);
    now += std::chrono::seconds(1);
  }
  marker.finish(now, marks);
  std::vector<std::string> told;
  for (const RegionMark& mark : marks.marks) {
    told.push_back((mark.begins ? "+" : "-") + marks.names[mark.region]);
  }
  return told;
}

TEST(LineMarks, GroupsNamePhasesThatFollowEachOther) {
  EXPECT_THAT(marks_of("(?<load>^Loading)|(?P<run>^Running)", {"Loading x", "noise", "Running y"}),
              ElementsAre("+load", "-load", "+run"));
}

TEST(LineMarks, BeginAndEndTakeTheirNamesFromTheLine) {
  EXPECT_THAT(marks_of(R"((?<begin>\w+) started|(?<end>\w+) finished)",
                       {"pass started", "head started", "head finished", "pass finished"}),
              ElementsAre("+pass", "+head", "-head", "-pass"));
}

TEST(LineMarks, AnEndThatNamesNothingEndsTheInnermost) {
  EXPECT_THAT(marks_of(R"(begin (?<begin>\w+)|(?<end>^done))",
                       {"done", "begin a", "begin b", "done", "done"}),
              ElementsAre("-done", "+a", "+b", "-b", "-a"));
}

TEST(LineMarks, AnEndOfWhatIsNotOpenIsHandedOn) {
  EXPECT_THAT(
      marks_of(R"(begin (?<begin>\w+)|end (?<end>\w+))", {"begin a", "end a", "begin b", "end a"}),
      ElementsAre("+a", "-a", "+b", "-a"));
}

TEST(LineMarks, WithoutNamesTheFirstGroupNamesThePhase) {
  EXPECT_THAT(marks_of(R"(^== (\w+))", {"== a", "== b"}), ElementsAre("+a", "-a", "+b"));
  EXPECT_THAT(marks_of("epoch [0-9]", {"epoch 1 loss", "epoch 2"}),
              ElementsAre("+epoch 1", "-epoch 1", "+epoch 2"));
}

TEST(LineMarks, LinesMayComeInPiecesAndWithoutAnEnd) {
  LineMarks marker(*LinePattern::compile("(?<a>one)|(?<b>two)"));
  RegionMarks marks;
  marker.add(LineMarks::kOutput, "o", instant_from_ns(1), marks);
  marker.add(LineMarks::kErrors, "tw", instant_from_ns(2), marks);
  marker.add(LineMarks::kOutput, "ne\r", instant_from_ns(3), marks);
  marker.add(LineMarks::kErrors, "o", instant_from_ns(4), marks);
  marker.finish(instant_from_ns(9), marks);
  ASSERT_EQ(marks.marks.size(), 3U);
  EXPECT_EQ(marks.marks[0].at, instant_from_ns(3));
  EXPECT_EQ(marks.marks[2].at, instant_from_ns(9));
}

TEST(LineMarks, BinaryOutputDoesNoHarm) {
  LineMarks marker(*LinePattern::compile("(?<a>a+)+b"));
  RegionMarks marks;
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += static_cast<char>((i * 7919) >> 3);
  bytes += std::string(1 << 20, 'a');
  marker.add(LineMarks::kOutput, bytes, instant_from_ns(1), marks);
  marker.finish(instant_from_ns(2), marks);
  EXPECT_LE(marks.names.size(), 2U);
}

TEST(LineMarks, LinesThatCameTogetherAreCounted) {
  LineMarks marker(*LinePattern::compile("(?<a>a)|(?<b>b)"));
  RegionMarks marks;
  marker.add(LineMarks::kOutput, "a\nb\na\n", instant_from_ns(1), marks);
  marker.add(LineMarks::kOutput, "b\n", instant_from_ns(2), marks);
  EXPECT_EQ(marker.matched(), 4U);
  EXPECT_EQ(marker.matched_together(), 3U);
}

TEST(LinePattern, SaysWhatIsWrongWithAnExpression) {
  const auto message = [](std::string_view expression) {
    const auto pattern = LinePattern::compile(expression);
    return pattern ? std::string() : pattern.error().message();
  };
  EXPECT_THAT(message(""), HasSubstr("empty"));
  EXPECT_THAT(message("(a"), HasSubstr("parenthesis"));
  EXPECT_THAT(message("[a"), HasSubstr("[ is not closed"));
  EXPECT_THAT(message("*a"), HasSubstr("nothing stands before"));
  EXPECT_THAT(message("x(?<a b>c)"), HasSubstr("character 2"));
  EXPECT_THAT(message("(?<a"), HasSubstr("between < and >"));
  EXPECT_THAT(message(R"((a)\1)"), HasSubstr("--mark"));
  EXPECT_THAT(message(R"(\(?<a[(]|(?:b))"), IsEmpty());
}

}  // namespace
}  // namespace layerwatt
