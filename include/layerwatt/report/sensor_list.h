#pragma once

#include <optional>
#include <ostream>
#include <span>
#include <string>

#include "layerwatt/core/sensor_model.h"
#include "layerwatt/report/text_table.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/present_readings.h"

namespace layerwatt {

/// By how much of its own power a load that lasts `load`, once, moves the reading taken at its end,
/// 0 to 1: 1 − exp(−load/τ) behind an exponential filter; for a block average and for counters that
/// are renewed once a period, the part of the block or period that it fills. Nullopt where the
/// model does not know.
std::optional<double> reading_share(const SensorModel& model, Duration load);

/// What a sensor's time constant means for layers, in a sentence or two for people.
std::string time_constant_meaning(const SensorModel& model);

/// The board, its rails with their settings, the total and the reason for it, what the time
/// constants mean, and rails that cannot be used with the remedy. With `rail`, that rail alone; the
/// caller has checked that it exists.
void print_sensor_list(std::ostream& out, const Board& board,
                       const std::optional<std::string>& rail, const TableStyle& style);

/// The same as one JSON object (docs/files.md), each rail with what it shows now where `now` has
/// it.
void write_sensor_list_json(std::ostream& out, const Board& board,
                            const std::optional<std::string>& rail,
                            std::span<const PresentReading> now = {});

}  // namespace layerwatt
