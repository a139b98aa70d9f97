#pragma once

#include <ostream>
#include <span>
#include <string>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/report/comparison.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {

/// A comparison with what it is of.
struct ComparisonView {
  /// How people call the two ("float32", "int8").
  std::string before_name;
  std::string after_name;
  const LayerProfile& before;
  const LayerProfile& after;
  Comparison comparison;
};

/// A table of the layers' energies and run times with the change of each, what is significant,
/// totals, and what makes the two hard to compare.
void print_comparison(std::ostream& out, const ComparisonView& view, const TableStyle& style);

/// Everything that is printed, in SI units; absent values are null.
void write_comparison_json(std::ostream& out, const ComparisonView& view);

/// One self-contained HTML page without scripts, a section a comparison. Names are shown as text.
void write_comparison_page(std::ostream& out, std::span<const ComparisonView> views);

}  // namespace layerwatt
