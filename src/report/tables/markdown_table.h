#pragma once

#include <ostream>

#include "layerwatt/core/layer_profile.h"

namespace layerwatt {

/// The profile as a table in GitHub's Markdown, with a line above it that says what was measured.
/// Names cannot break the table: bars, backticks and line breaks are escaped.
void write_markdown_table(std::ostream& out, const LayerProfile& profile);

}  // namespace layerwatt
