#pragma once

#include <ostream>
#include <vector>

#include "layerwatt/experiment/campaign.h"
#include "layerwatt/experiment/campaign_plan.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {

/// What a campaign would do: a step a line, with the time and the disk that it takes where both
/// follow from the file, and their sums.
void print_campaign_plan(std::ostream& out, const CampaignPlan& plan, const TableStyle& style);
void write_campaign_plan_json(std::ostream& out, const CampaignPlan& plan);

/// An event as a line for people ("[3/20] measure alexnet … about 1 h 05 min to go"), or as one
/// line of JSON.
void print_campaign_event(std::ostream& out, const CampaignEvent& event);
void write_campaign_event_json(std::ostream& out, const CampaignEvent& event);

/// How it ended: counts, and a line for each step that failed twice.
void print_campaign_summary(std::ostream& out, const CampaignOutcome& outcome);

}  // namespace layerwatt
