// Links the floors that need no ONNX; the dataset that it asks for is not there.
#include <iostream>

#include "layerwatt/analysis/map_dataset.h"
#include "layerwatt/analysis/solve_recording.h"
#include "layerwatt/dataset/profile_columns.h"
#include "layerwatt/dataset/raw_dataset.h"

int main() {
  const auto dataset = layerwatt::find_raw_dataset("no such folder");
  if (dataset) return 1;
  layerwatt::Recording recording;
  recording.timeline.layers.resize(1);
  const auto profile = layerwatt::solve_recording("nothing", recording, {});
  if (!profile) return 1;
  std::cout << layerwatt::profile_columns().size() << " columns, " << profile->rows.size()
            << " layer without power\n";
  return 0;
}
