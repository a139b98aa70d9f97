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

std::vector<std::size_t> TextTable::fitted_widths(int width) const {
  std::vector<std::size_t> widths;
  for (const TextColumn& column : columns_) widths.push_back(display_width(column.title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(printable(row[i].text)));
    }
  }
  std::size_t total = columns_.empty() ? 0 : kGap * (columns_.size() - 1);
  for (const std::size_t w : widths) total += w;
  const auto limit = static_cast<std::size_t>(std::max(width, 1));
  // Takes from the widest column that may shrink, so that several long ones end up equal.
  while (total > limit) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::size_t least = std::max(columns_[i].min_width, display_width(columns_[i].title));
      if (!columns_[i].may_shrink || widths[i] <= least) continue;
      if (widest == nullptr || widths[i] > *widest) widest = &widths[i];
    }
    if (widest == nullptr) break;
    --*widest;
    --total;
  }
  return widths;
}

void TextTable::print(std::ostream& out, const TableStyle& style) const {
  const std::vector<std::size_t> widths = fitted_widths(style.width);
  const auto put = [&](std::size_t i, const std::string& text, Color color) {
    const bool is_last = i + 1 == columns_.size();
    const std::string cell = padded(text, widths[i], columns_[i].align, is_last);
    const bool colored = style.color && color != Color::kPlain;
    if (colored) out << escape(color);
    out << cell;
    if (colored) out << "\x1b[0m";
    out << (is_last ? "\n" : "  ");
  };
  const auto rule = [&] {
    std::size_t total = kGap * (columns_.size() - 1);
    for (const std::size_t w : widths) total += w;
    for (std::size_t i = 0; i < total; ++i) out << "─";
    out << '\n';
  };
  for (std::size_t i = 0; i < columns_.size(); ++i) put(i, columns_[i].title, Color::kBold);
  rule();
  for (const auto& row : rows_) {
    if (row.empty()) {
      rule();
      continue;
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
      put(i, shorten_middle(printable(row[i].text), widths[i]), row[i].color);
    }
  }
}

}  // namespace layerwatt
