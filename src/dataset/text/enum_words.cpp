#include "dataset/text/enum_words.h"

#include <cstdlib>

namespace layerwatt {

std::string_view to_string(RailKind kind) {
  switch (kind) {
    case RailKind::kVoltageCurrent:
      return "voltage_current";
    case RailKind::kPower:
      return "power";
    case RailKind::kEnergyCounter:
      return "energy_counter";
  }
  std::abort();
}

}  // namespace layerwatt
