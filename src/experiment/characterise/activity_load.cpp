#include <utility>

#include "layerwatt/experiment/switched_load.h"
#include "layerwatt/simulation/activity_ring.h"

namespace layerwatt {
namespace {

class ActivitySwitch final : public SwitchedLoad {
 public:
  explicit ActivitySwitch(ActivityWriter writer) : writer_(std::move(writer)) {}

  void on() override { writer_.begin(MonotonicClock::now(), 0, 0); }
  void off() override { writer_.idle(MonotonicClock::now()); }

 private:
  ActivityWriter writer_;
};

}  // namespace

Result<std::unique_ptr<SwitchedLoad>> make_activity_load(const std::filesystem::path& activity) {
  auto writer = ActivityWriter::open(activity);
  if (!writer) return std::move(writer).error();
  return std::unique_ptr<SwitchedLoad>(std::make_unique<ActivitySwitch>(*std::move(writer)));
}

}  // namespace layerwatt
