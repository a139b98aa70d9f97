#pragma once

namespace layerwatt {

/// 97.5 % point of Student's t with `freedom` degrees. Exact for 1 to 4, to 0.2 % beyond (the
/// Cornish–Fisher expansion of Abramowitz and Stegun, 26.7.5).
double student_t975(double freedom);

}  // namespace layerwatt
