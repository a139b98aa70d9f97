#pragma once

#include <span>

#include "layerwatt/core/option_row.h"

#include "cli/app.h"

namespace layerwatt::cli {

/// Declares the options that rows of a table bring along; what is typed goes to `to`, which must
/// outlive the parsing. Options that are declared already (two engines may share one) are passed
/// over.
void declare_rows(App& app, std::span<const OptionRow> rows, OptionTexts& to);

}  // namespace layerwatt::cli
