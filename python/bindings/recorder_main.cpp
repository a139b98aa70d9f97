// The recorder of the Python package: what `layerwatt record` is to the command, without the rest
// of it.
#include <cstdio>
#include <string>
#include <vector>

#include "layerwatt/recording/record_for_parent.h"

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const auto order = layerwatt::parse_recorder_order(arguments);
  if (!order) {
    std::fprintf(stderr, "layerwatt-recorder: %s\n", order.error().message().c_str());
    return 2;
  }
  layerwatt::record_for_parent(order->options, order->control_fd);
  return 0;
}
