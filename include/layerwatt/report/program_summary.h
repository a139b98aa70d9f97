#pragma once

#include <ostream>

#include "layerwatt/experiment/measure_program.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {

/// What runs of a program cost: a row a repeat, then means with 95 % intervals, with idle power and
/// above it, rail by rail; of two programs also which needs less, and whether that is more than
/// chance. Says in plain words if the power was synthesised.
void print_program_summary(std::ostream& out, const ProgramMeasurement& run,
                           const TableStyle& style);
/// The same as one JSON object, in SI units (docs/files.md).
void write_program_json(std::ostream& out, const ProgramMeasurement& run);

}  // namespace layerwatt
