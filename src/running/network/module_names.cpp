#include "running/network/module_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace layerwatt {
namespace {

struct Module {
  std::string_view operation;
  std::string_view name;
};

constexpr std::array kModules = {Module{"Conv", "Conv2d"},
                                 Module{"ConvTranspose", "ConvTranspose2d"},
                                 Module{"Relu", "ReLU"},
                                 Module{"LeakyRelu", "LeakyReLU"},
                                 Module{"PRelu", "PReLU"},
                                 Module{"Clip", "ReLU6"},
                                 Module{"Elu", "ELU"},
                                 Module{"Gelu", "GELU"},
                                 Module{"HardSwish", "Hardswish"},
                                 Module{"HardSigmoid", "Hardsigmoid"},
                                 Module{"MaxPool", "MaxPool2d"},
                                 Module{"AveragePool", "AvgPool2d"},
                                 Module{"GlobalAveragePool", "AdaptiveAvgPool2d"},
                                 Module{"GlobalMaxPool", "AdaptiveMaxPool2d"},
                                 Module{"Gemm", "Linear"},
                                 Module{"BatchNormalization", "BatchNorm2d"},
                                 Module{"LayerNormalization", "LayerNorm"},
                                 Module{"InstanceNormalization", "InstanceNorm2d"},
                                 Module{"LRN", "LocalResponseNorm"}};

std::string_view module_of(std::string_view operation) {
  const auto found = std::ranges::find(kModules, operation, &Module::operation);
  return found == kModules.end() ? operation : found->name;
}

}  // namespace

std::vector<std::string> module_names(const std::vector<ModelNode>& nodes) {
  std::vector<std::string> names;
  std::size_t place = 0;
  std::size_t constants = 0;
  for (const ModelNode& node : nodes) {
    const bool is_run = node.type != "Constant";
    names.push_back(fmt::format("{}_{}", module_of(node.type), is_run ? place++ : constants++));
  }
  return names;
}

}  // namespace layerwatt
