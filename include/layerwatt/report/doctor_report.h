#pragma once

#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "layerwatt/experiment/doctor.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {

/// A table of findings, the remedies of those that have one, and the verdict in a line.
void print_findings(std::ostream& out, const std::vector<Finding>& findings,
                    const TableStyle& style);

/// The findings of a self-test, after a line that says what was done.
void print_self_test(std::ostream& out, const SelfTest& test, const TableStyle& style);

/// Both as one JSON object (docs/files.md), with the environment that they were found in.
void write_doctor_json(std::ostream& out, const std::vector<Finding>& findings,
                       const std::optional<SelfTest>& test,
                       const std::map<std::string, std::string>& environment);

}  // namespace layerwatt
