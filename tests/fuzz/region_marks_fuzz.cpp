#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/recording/line_marks.h"
#include "layerwatt/recording/region_timeline.h"

using layerwatt::instant_from_ns;

/// The first line is an expression, the rest what a program prints, a piece of 7 bytes a tick.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t first = text.find('\n');
  // std::regex takes its time with large counts ("(a{999}){999}"), which are a user's own.
  const std::string_view expression = text.substr(0, first);
  if (expression.size() > 100 || expression.find('{') != std::string_view::npos) return 0;
  const auto pattern = layerwatt::LinePattern::compile(expression);
  if (!pattern || first == std::string_view::npos) return 0;
  text.remove_prefix(first + 1);
  layerwatt::LineMarks lines(*pattern);
  layerwatt::RegionMarks marks;
  std::int64_t now = 0;
  for (; !text.empty(); text.remove_prefix(text.size() < 7 ? text.size() : 7)) {
    const auto stream =
        now % 3 == 0 ? layerwatt::LineMarks::kErrors : layerwatt::LineMarks::kOutput;
    lines.add(stream, text.substr(0, 7), instant_from_ns(now++), marks);
  }
  lines.finish(instant_from_ns(now), marks);
  const auto begin = instant_from_ns(1);
  const auto end = instant_from_ns(now + 1);
  const auto timeline = layerwatt::part_by_regions(marks, begin, end);
  auto at = begin;
  for (const layerwatt::RegionPiece& piece : timeline.pieces) {
    if (piece.start != at || piece.end <= at) __builtin_trap();
    if (piece.segment >= static_cast<std::int32_t>(timeline.segments.size())) __builtin_trap();
    at = piece.end;
  }
  if (at != end) __builtin_trap();
  return 0;
}
