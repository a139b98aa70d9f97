#pragma once

#include <cstddef>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt {

/// Columns that `text` takes on a terminal: wide East Asian characters and emoji take two,
/// combining marks none. Independent of the locale.
std::size_t display_width(std::string_view text);

/// `text` made safe to print: control characters, characters that change the direction of text, and
/// invalid UTF-8 become U+FFFD, so that the name of a layer can neither colour the terminal nor
/// reorder a line.
std::string printable(std::string_view text);

/// `text` cut in the middle to `width` columns, with "…" in the cut: the ends of layer names tell
/// them apart. Precondition: `text` is printable().
std::string shorten_middle(std::string_view text, std::size_t width);

enum class Align { kLeft, kRight };

enum class Color { kPlain, kDim, kBold, kRed, kYellow, kGreen };

/// One cell; made printable when it is printed.
struct TextCell {
  TextCell(std::string cell_text, Color cell_color = Color::kPlain)  // NOLINT: implicit
      : text(std::move(cell_text)), color(cell_color) {}
  TextCell(const char* cell_text) : text(cell_text) {}  // NOLINT: implicit
  std::string text;
  Color color = Color::kPlain;
};

struct TextColumn {
  std::string title;
  Align align = Align::kLeft;
  /// Whether long cells may be shortened so that the table fits; never below `min_width`.
  bool may_shrink = false;
  std::size_t min_width = 12;
  /// Where even shortened cells do not fit, columns are left out, the smallest rank first; 0:
  /// never.
  int drop_rank = 0;
};

/// What a table may use where it is printed.
struct TableStyle {
  /// Columns of the terminal.
  int width = 100;
  bool color = false;
};

/// A table of text with aligned columns, two blanks between them, a rule under the titles.
class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns);

  /// Missing cells are empty. Precondition: not more cells than columns.
  void add_row(std::vector<TextCell> cells);
  /// A line across the table, before totals.
  void add_rule();
  void print(std::ostream& out, const TableStyle& style) const;

 private:
  std::vector<std::size_t> natural_widths() const;
  std::size_t least_width(std::size_t column, std::size_t natural) const;
  std::vector<std::size_t> kept_columns(std::span<const std::size_t> natural,
                                        std::size_t width) const;
  /// Of the kept columns, in their order.
  std::vector<std::size_t> fitted_widths(std::span<const std::size_t> kept,
                                         std::span<const std::size_t> natural,
                                         std::size_t width) const;

  std::vector<TextColumn> columns_;
  /// A row without cells is a rule.
  std::vector<std::vector<TextCell>> rows_;
};

}  // namespace layerwatt
