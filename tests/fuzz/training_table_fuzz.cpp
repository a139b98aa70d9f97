#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/dataset/layer_table.h"
#include "layerwatt/dataset/training_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const layerwatt::TrainingTableKind kind : layerwatt::kTrainingTableKinds) {
    static_cast<void>(layerwatt::parse_training_table(text, kind));
  }
  static_cast<void>(layerwatt::parse_layer_table(text));
  return 0;
}
