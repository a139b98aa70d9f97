#include "layerwatt/analysis/outside_power.h"

#include <system_error>
#include <utility>

#include "layerwatt/dataset/virtual_mark.h"

namespace layerwatt {

Result<RawModel> with_outside_power(RawModel model, const OutsidePower& power,
                                    const std::filesystem::path& result_dir) {
  auto log = read_any_power_log(power.log, power.options);
  if (!log) return std::move(log).error();
  const std::filesystem::path folder = result_dir / model.name;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "create the folder").at(folder);
  model.power_log = folder / (model.name + "_power_log.log");
  if (auto stored = store_power_log(model.power_log, log->log); !stored) {
    return std::move(stored).error();
  }
  model.power_npy.clear();
  model.notes = std::move(log->notes);
  model.has_virtual_log = holds_virtual_power(power.log.parent_path());
  return model;
}

}  // namespace layerwatt
