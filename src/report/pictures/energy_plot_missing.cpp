#include "layerwatt/report/energy_plot.h"

namespace layerwatt {

Result<void> write_energy_plot(const std::filesystem::path& path, const LayerProfile& /*profile*/) {
  return Error(ErrorCode::kUnsupported,
               "this layerwatt was built without cairo and so draws no PNG: install libcairo2-dev "
               "and "
               "build again")
      .at(path);
}

}  // namespace layerwatt
