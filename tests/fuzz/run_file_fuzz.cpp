#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/dataset/idle_power.h"
#include "layerwatt/dataset/inference_summary.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/dataset/run_file.h"

// The small JSON files of a dataset.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)layerwatt::parse_run_file(text);
  (void)layerwatt::parse_profile_json(text);
  (void)layerwatt::parse_inference_summary(text);
  (void)layerwatt::parse_idle_power(text);
  return 0;
}
