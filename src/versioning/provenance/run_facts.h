#pragma once

#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/versioning/provenance.h"

namespace layerwatt::versioning {

/// What run.json tells, and what of it does not fit the files.
void add_run_facts(const RawModel& model, Provenance& provenance);

/// Licence and citation of the campaign that a run belongs to: campaign.json and CITATION in its
/// folder or up to two above.
void add_campaign_facts(const std::filesystem::path& folder, Provenance& provenance);

}  // namespace layerwatt::versioning
