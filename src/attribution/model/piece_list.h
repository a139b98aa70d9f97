#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace layerwatt {

/// A stretch in which one column of the model was on. Seconds from LoadPieces::origin.
struct LoadPiece {
  double begin = 0.0;
  double end = 0.0;
  int column = 0;
};

/// Disjoint pieces in order of time, to the nanosecond, in 12 bytes each: a recording of minutes
/// has millions. Gaps that were told as such (append_gap) are pieces like others when the list is
/// gone through, and take no memory.
class PieceList {
 public:
  /// In nanoseconds from LoadPieces::origin.
  struct Span {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  /// Goes forward over pieces and gaps. Holds a copy of the piece that it stands at.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = LoadPiece;
    using difference_type = std::ptrdiff_t;
    using pointer = const LoadPiece*;
    using reference = const LoadPiece&;

    Iterator() = default;
    const LoadPiece& operator*() const { return piece_; }
    const LoadPiece* operator->() const { return &piece_; }
    Iterator& operator++();
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.index_ == b.index_ && a.is_gap_ == b.is_gap_;
    }

   private:
    friend class PieceList;
    Iterator(const PieceList* list, std::size_t index, bool is_gap)
        : list_(list), index_(index), is_gap_(is_gap) {
      look();
    }
    void look();

    const PieceList* list_ = nullptr;
    std::size_t index_ = 0;
    /// At the gap behind the piece `index_`.
    bool is_gap_ = false;
    LoadPiece piece_;
  };

  PieceList() = default;
  PieceList(std::initializer_list<LoadPiece> pieces);

  /// Behind all others, rounded to nanoseconds.
  void push_back(const LoadPiece& piece);
  void append(const Span& span, int column);
  /// What lies between the last piece and the next one to be appended is a gap, of column
  /// `gap_column`, the same for all gaps. Not for the last.
  void append_gap(int gap_column);
  void reserve(std::size_t pieces) { packed_.reserve(pieces); }

  bool empty() const { return packed_.empty(); }
  LoadPiece front() const { return seconds_of(0); }
  LoadPiece back() const { return seconds_of(packed_.size() - 1); }
  Iterator begin() const { return {this, 0, false}; }
  Iterator end() const { return {this, packed_.size(), false}; }
  /// The first piece that ends behind `t`, or begins at it or behind.
  Iterator first_ending_behind(double t) const;
  Iterator first_beginning_at(double t) const;
  /// A list of its own of the pieces from `first` to before `last`.
  PieceList part(const Iterator& first, const Iterator& last) const;
  /// The pieces that `is_kept` says, moved to where `move` says.
  template <class Kept, class Move>
  PieceList changed(const Kept& is_kept, const Move& move) const {
    PieceList out;
    for (const LoadPiece& piece : *this) {
      if (is_kept(piece)) out.push_back(move(piece));
    }
    return out;
  }

 private:
  /// Relative to the base of its group; where it does not fit, `begin` is its place in `wide_`.
  struct Packed {
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
    std::uint16_t column = 0;
    std::uint16_t has_gap = 0;
  };
  struct Wide {
    Span span;
    int column = 0;
  };
  static constexpr std::size_t kGroup = 256;      // bases take 3 % of the pieces
  static constexpr std::uint16_t kWide = 0xffff;  // beyond all columns that fit

  Span span_of(std::size_t index) const;
  int column_of(std::size_t index) const;
  LoadPiece seconds_of(std::size_t index) const;

  std::vector<Packed> packed_;
  /// Begin of the first piece of each group.
  std::vector<std::int64_t> bases_;
  std::vector<Wide> wide_;
  int gap_column_ = 0;
};

inline PieceList::Span PieceList::span_of(std::size_t index) const {
  const Packed& p = packed_[index];
  if (p.column == kWide) return wide_[p.begin].span;
  const std::int64_t begin = bases_[index / kGroup] + p.begin;
  return {begin, begin + p.length};
}

inline void PieceList::Iterator::look() {
  if (index_ >= list_->packed_.size()) return;
  if (!is_gap_) {
    piece_ = list_->seconds_of(index_);
    return;
  }
  piece_ = {list_->seconds_of(index_).end, list_->seconds_of(index_ + 1).begin, list_->gap_column_};
}

inline PieceList::Iterator& PieceList::Iterator::operator++() {
  is_gap_ = !is_gap_ && list_->packed_[index_].has_gap != 0;
  if (!is_gap_) ++index_;
  look();
  return *this;
}

inline int PieceList::column_of(std::size_t index) const {
  const Packed& p = packed_[index];
  return p.column == kWide ? wide_[p.begin].column : static_cast<int>(p.column);
}

inline LoadPiece PieceList::seconds_of(std::size_t index) const {
  const Span span = span_of(index);
  return {static_cast<double>(span.begin) * 1e-9, static_cast<double>(span.end) * 1e-9,
          column_of(index)};
}

}  // namespace layerwatt
