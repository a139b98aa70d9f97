#pragma once

#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/board_table.h"

namespace layerwatt {

/// Sets `totals`, or `no_total_reason`, from the rails that were found: the table's totals, else a
/// single rail that is an input by its name, else the processors' own counters, else none. Nothing
/// is added up because its name looks right.
void choose_totals(const KnownBoard* known, Board& board);

}  // namespace layerwatt
