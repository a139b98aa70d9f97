#pragma once

#include <ostream>
#include <vector>

#include "layerwatt/experiment/characterise.h"
#include "layerwatt/report/text_table.h"
#include "layerwatt/sensors/board.h"

namespace layerwatt {

/// What was measured of each rail, beside what its settings say; what could not be measured, and
/// why.
void print_characterisations(std::ostream& out, const Board& board,
                             const std::vector<Characterisation>& rails, const TableStyle& style);

/// The same as one JSON object (docs/files.md).
void write_characterisations_json(std::ostream& out, const Board& board,
                                  const std::vector<Characterisation>& rails);

}  // namespace layerwatt
