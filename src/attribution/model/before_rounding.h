#pragma once

#include <span>

namespace layerwatt {

/// What a few neighbouring readings of one register say of the power behind it.
struct BeforeRounding {
  /// Mean over the readings, watts, and the variance of its error.
  double power = 0.0;
  double variance = 0.0;
  /// The register showed one value: all of the error is that of rounding, and the same in
  /// neighbouring readings that show it too.
  bool stands_still = false;
};

/// A register shows the step that the power lies in: the power was within half a `step` of what
/// each reading `shown` has, and moved between them as `expected` did, which may be off by a
/// constant. Where the register changed meanwhile, that places the constant to within the change
/// from one read to the next; where it stood still, to within the step less what `expected` moved
/// by. `scatter`: standard deviation of what the power moved by beside that, watts. Readings that
/// more than a step keeps apart are not those of one register: their mean is taken.
///
/// Precondition: there is a reading, as many are expected, and step > 0.
BeforeRounding before_rounding(std::span<const double> shown, std::span<const double> expected,
                               double step, double scatter);

}  // namespace layerwatt
