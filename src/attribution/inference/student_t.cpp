#include "attribution/inference/student_t.h"

#include <array>
#include <cmath>

namespace layerwatt {

double student_t975(double freedom) {
  // Abramowitz and Stegun, table 26.10.
  constexpr std::array kExact = {12.706, 4.303, 3.182, 2.776};
  const auto whole = static_cast<std::size_t>(std::lround(freedom));
  if (whole >= 1 && whole <= kExact.size()) return kExact[whole - 1];
  constexpr double kNormal = 1.959964;
  const double z = kNormal;
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  const double z7 = z5 * z * z;
  const double v = freedom;
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

}  // namespace layerwatt
