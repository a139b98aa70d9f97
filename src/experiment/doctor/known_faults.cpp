#include <array>
#include <string_view>

#include "layerwatt/core/numbers.h"
#include "layerwatt/experiment/doctor.h"

namespace layerwatt {
namespace {

struct KnownFault {
  /// Major releases of Jetson Linux from `first` to `last`, both included.
  int first = 0;
  int last = 0;
  /// Beginning of the module's name; empty: every module.
  std::string_view module;
  Verdict verdict = Verdict::kAttention;
  std::string_view what;
  std::string_view remedy;
};

// Sources: docs/sensors/boards.md and docs/sensors/ina3221.md, which name drivers and releases.
constexpr std::array kFaults{
    KnownFault{
        32, 32, "", Verdict::kAttention,
        "JetPack 4: tegrastats may show no rails without root, and TensorRT is 8.2 or older, "
        "which cannot run layer by layer in this program",
        "read the rails directly (no --sensor tegrastats), and measure with --engine trtexec"},
    KnownFault{
        34, 35, "", Verdict::kAttention,
        "JetPack 5: later kernels of this release let root alone read the INA3221, and a read "
        "takes 2 to 3 ms",
        "see docs/sensors/rights.md for the ways to allow it; leave --period as it is"},
    KnownFault{34, 99, "p3636", Verdict::kAttention,
               "TX2 NX: mainline's device tree gives 5 uOhm shunts where 5 mOhm are meant, so that "
               "the driver's currents are 1000 times too large; layerwatt divides them",
               "do not compare with programs that show what the driver gives"},
    KnownFault{34, 99, "p3701", Verdict::kAttention,
               "AGX Orin: VDDQ_VDD2_1V8AO is fed by VIN_SYS_5V0; sums of all rails count it twice",
               "keep to the total that 'layerwatt sensors' names"},
    KnownFault{38, 99, "p3834", Verdict::kAttention,
               "AGX Thor: VIN holds the carrier board too, and the averages that its tegrastats "
               "prints start with a 0",
               "compare boards of the same carrier alone; do not use AVG of tegrastats"},
};

}  // namespace

std::vector<Finding> known_faults(const Board& board) {
  std::vector<Finding> found;
  const auto major = parse_leading_int64(board.l4t);
  if (!major) return found;
  for (const KnownFault& fault : kFaults) {
    if (*major < fault.first || *major > fault.last) continue;
    if (!board.module.starts_with(fault.module)) continue;
    found.push_back(
        {"known fault", fault.verdict, std::string(fault.what), std::string(fault.remedy)});
  }
  return found;
}

}  // namespace layerwatt
