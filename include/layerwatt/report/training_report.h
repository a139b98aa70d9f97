#pragma once

#include <ostream>

#include "layerwatt/analysis/train.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {

/// What a model learnt from, and how far it was off on networks and families left out, beside other
/// methods on the same rows.
void print_training(std::ostream& out, const TrainedModel& model, const TableStyle& style);
void print_training_json(std::ostream& out, const TrainedModel& model);

/// How far a model that was moved to another board was off before and after.
void print_calibration(std::ostream& out, const TrainedModel& model, const TableStyle& style);

/// The six published pipelines: counts, alpha, metrics on the test networks, and what they say of
/// each test layer.
void print_published_training(std::ostream& out, const PublishedTraining& training,
                              const TableStyle& style);
void print_published_training_json(std::ostream& out, const PublishedTraining& training);

}  // namespace layerwatt
