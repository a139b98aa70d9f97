#include "layerwatt/report/text_table.h"

#include <algorithm>
#include <cstdlib>

namespace layerwatt {
namespace {

constexpr std::size_t kGap = 2;

std::string_view escape(Color color) {
  switch (color) {
    case Color::kPlain:
      return "";
    case Color::kDim:
      return "\x1b[2m";
    case Color::kBold:
      return "\x1b[1m";
    case Color::kRed:
      return "\x1b[31m";
    case Color::kYellow:
      return "\x1b[33m";
    case Color::kGreen:
      return "\x1b[32m";
  }
  std::abort();
}

std::string padded(const std::string& text, std::size_t width, Align align, bool is_last) {
  const std::size_t used = display_width(text);
  const std::string blanks(width > used ? width - used : 0, ' ');
  if (align == Align::kRight) return blanks + text;
  return is_last ? text : text + blanks;
}

}  // namespace

TextTable::TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {}

void TextTable::add_row(std::vector<TextCell> cells) {
  if (cells.size() > columns_.size()) std::abort();
  cells.resize(columns_.size(), TextCell(""));
  rows_.push_back(std::move(cells));
}

void TextTable::add_rule() { rows_.emplace_back(); }

std::vector<std::size_t> TextTable::natural_widths() const {
  std::vector<std::size_t> widths;
  for (const TextColumn& column : columns_) widths.push_back(display_width(column.title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(printable(row[i].text)));
    }
  }
  return widths;
}

std::size_t TextTable::least_width(std::size_t column, std::size_t natural) const {
  if (!columns_[column].may_shrink) return natural;
  const std::size_t least =
      std::max(columns_[column].min_width, display_width(columns_[column].title));
  return std::min(natural, least);
}

std::vector<std::size_t> TextTable::kept_columns(std::span<const std::size_t> natural,
                                                 std::size_t width) const {
  std::vector<std::size_t> kept;
  std::size_t total = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    kept.push_back(i);
    total += least_width(i, natural[i]) + (i == 0 ? 0 : kGap);
  }
  while (total > width) {
    auto dropped = kept.end();
    for (auto at = kept.begin(); at != kept.end(); ++at) {
      const int rank = columns_[*at].drop_rank;
      if (rank == 0) continue;
      if (dropped == kept.end() || rank < columns_[*dropped].drop_rank) dropped = at;
    }
    if (dropped == kept.end()) break;
    total -= least_width(*dropped, natural[*dropped]) + kGap;
    kept.erase(dropped);
  }
  return kept;
}

std::vector<std::size_t> TextTable::fitted_widths(std::span<const std::size_t> kept,
                                                  std::span<const std::size_t> natural,
                                                  std::size_t width) const {
  std::vector<std::size_t> widths;
  std::size_t total = kept.empty() ? 0 : kGap * (kept.size() - 1);
  for (const std::size_t column : kept) {
    widths.push_back(natural[column]);
    total += natural[column];
  }
  // Takes from the widest column that may shrink, so that several long ones end up equal.
  while (total > width) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] <= least_width(kept[i], natural[kept[i]])) continue;
      if (widest == nullptr || widths[i] > *widest) widest = &widths[i];
    }
    if (widest == nullptr) break;
    --*widest;
    --total;
  }
  return widths;
}

void TextTable::print(std::ostream& out, const TableStyle& style) const {
  const auto width = static_cast<std::size_t>(std::max(style.width, 1));
  const std::vector<std::size_t> natural = natural_widths();
  const std::vector<std::size_t> kept = kept_columns(natural, width);
  const std::vector<std::size_t> widths = fitted_widths(kept, natural, width);
  const auto put = [&](std::size_t i, const std::string& text, Color color) {
    const bool is_last = i + 1 == kept.size();
    const std::string cell = padded(text, widths[i], columns_[kept[i]].align, is_last);
    const bool colored = style.color && color != Color::kPlain;
    if (colored) out << escape(color);
    out << cell;
    if (colored) out << "\x1b[0m";
    out << (is_last ? "\n" : "  ");
  };
  const auto rule = [&] {
    std::size_t total = kGap * (kept.size() - 1);
    for (const std::size_t w : widths) total += w;
    for (std::size_t i = 0; i < total; ++i) out << "─";
    out << '\n';
  };
  for (std::size_t i = 0; i < kept.size(); ++i) put(i, columns_[kept[i]].title, Color::kBold);
  rule();
  for (const auto& row : rows_) {
    if (row.empty()) {
      rule();
      continue;
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const TextCell& cell = row[kept[i]];
      put(i, shorten_middle(printable(cell.text), widths[i]), cell.color);
    }
  }
}

}  // namespace layerwatt
