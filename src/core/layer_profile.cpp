#include "layerwatt/core/layer_profile.h"

#include <cstdlib>

namespace layerwatt {

std::string_view to_string(LayerStatus status) {
  switch (status) {
    case LayerStatus::kResolved:
      return "resolved";
    case LayerStatus::kMerged:
      return "merged";
    case LayerStatus::kUnresolved:
      return "unresolved";
  }
  std::abort();
}

}  // namespace layerwatt
