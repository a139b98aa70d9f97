#include "layerwatt/running/run_observer.h"

namespace layerwatt {

std::string_view to_string(RunPhase phase) {
  switch (phase) {
    case RunPhase::kPreparing:
      return "preparing";
    case RunPhase::kWarmingUp:
      return "warming up";
    case RunPhase::kWhole:
      return "whole passes";
    case RunPhase::kProfiled:
      return "profiled passes";
    case RunPhase::kSegments:
      return "layers";
  }
  std::abort();
}

}  // namespace layerwatt
