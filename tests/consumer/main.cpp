// Calls several floors, so that a header, library or dependency that is not installed breaks its
// build.
#include <iostream>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/core/version.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/experiment/engine_table.h"
#include "layerwatt/models/architecture.h"
#include "layerwatt/models/layer_info.h"
#include "layerwatt/report/text_table.h"
#include "layerwatt/running/run_network.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"

int main() {
  const auto board = layerwatt::detect_board({});
  if (!board) {
    std::cerr << board.error().to_string() << '\n';
    return 1;
  }
  const auto model = layerwatt::build_architecture("lenet");
  if (!model) {
    std::cerr << model.error().to_string() << '\n';
    return 1;
  }
  const auto layers = layerwatt::describe_layers(*model);
  std::cout << "layerwatt " << layerwatt::kVersion << ": " << board->sensors.size() << " sensors, "
            << layerwatt::engine_table().size() << " engines, " << layers.size()
            << " layers of LeNet\n";
  return layers.empty() ? 1 : 0;
}
