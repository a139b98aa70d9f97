#include "report/pictures/mapping_steps.h"

namespace layerwatt {

Result<void> write_mapping_steps(const std::filesystem::path& folder, const Report& /*report*/) {
  return Error(ErrorCode::kUnsupported,
               "this layerwatt was built without cairo and so draws no PNG: install libcairo2-dev "
               "and build again")
      .at(folder);
}

}  // namespace layerwatt
