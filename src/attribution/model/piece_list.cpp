#include "attribution/model/piece_list.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "layerwatt/core/units.h"

namespace layerwatt {

PieceList::PieceList(std::initializer_list<LoadPiece> pieces) {
  for (const LoadPiece& piece : pieces) push_back(piece);
}

void PieceList::push_back(const LoadPiece& piece) {
  append({from_seconds(piece.begin).count(), from_seconds(piece.end).count()}, piece.column);
}

void PieceList::append(const Span& span, int column) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();  // 4.3 s
  if (packed_.size() % kGroup == 0) bases_.push_back(span.begin);
  const std::int64_t begin = span.begin - bases_.back();
  const std::int64_t length = span.end - span.begin;
  Packed packed;
  if (begin >= 0 && begin <= kMost && length <= kMost && column < kWide) {
    packed.begin = static_cast<std::uint32_t>(begin);
    packed.length = static_cast<std::uint32_t>(length);
    packed.column = static_cast<std::uint16_t>(column);
  } else {
    packed.begin = static_cast<std::uint32_t>(wide_.size());
    packed.column = kWide;
    wide_.push_back({span, column});
  }
  packed_.push_back(packed);
}

void PieceList::append_gap(int gap_column) {
  gap_column_ = gap_column;
  packed_.back().has_gap = 1;
}

PieceList::Iterator PieceList::first_ending_behind(double t) const {
  std::size_t low = 0;
  std::size_t high = packed_.size();
  while (low < high) {
    const std::size_t middle = std::midpoint(low, high);
    if (seconds_of(middle).end <= t) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const bool is_gap_before = low > 0 && packed_[low - 1].has_gap != 0 && seconds_of(low).begin > t;
  return is_gap_before ? Iterator(this, low - 1, true) : Iterator(this, low, false);
}

PieceList::Iterator PieceList::first_beginning_at(double t) const {
  std::size_t low = 0;
  std::size_t high = packed_.size();
  while (low < high) {
    const std::size_t middle = std::midpoint(low, high);
    if (seconds_of(middle).begin < t) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const bool is_gap_before =
      low > 0 && packed_[low - 1].has_gap != 0 && seconds_of(low - 1).end >= t;
  return is_gap_before ? Iterator(this, low - 1, true) : Iterator(this, low, false);
}

PieceList PieceList::part(const Iterator& first, const Iterator& last) const {
  PieceList out;
  out.gap_column_ = gap_column_;
  const auto gap_behind = [&](std::size_t index) {
    return Span{span_of(index).end, span_of(index + 1).begin};
  };
  std::size_t from = first.index_;
  if (first.is_gap_ && !(first == last)) out.append(gap_behind(from), gap_column_);
  if (first.is_gap_) ++from;
  // The piece whose gap is where the part ends belongs to it.
  const std::size_t to = last.is_gap_ ? last.index_ + 1 : last.index_;
  if (to <= from) return out;
  out.reserve(to - from + 2);
  for (std::size_t i = from; i < to; ++i) {
    out.append(span_of(i), column_of(i));
    if (packed_[i].has_gap == 0) continue;
    if (i + 1 < to) {
      out.append_gap(gap_column_);
    } else if (!last.is_gap_) {
      out.append(gap_behind(i), gap_column_);
    }
  }
  return out;
}

}  // namespace layerwatt
