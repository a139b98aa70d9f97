#include <fmt/format.h>

#include <array>
#include <vector>

#include "layerwatt/core/nearest_name.h"

#include "models/architectures/architectures.h"

namespace layerwatt {
namespace {

using namespace models;  // NOLINT: the builders

constexpr std::string_view kVgg = "Simonyan and Zisserman 2014, arXiv:1409.1556";
constexpr std::string_view kResNet = "He et al. 2015, arXiv:1512.03385";
constexpr std::string_view kConvNext = "Liu et al. 2022, arXiv:2201.03545";
constexpr std::string_view kEfficientNet = "Tan and Le 2019, arXiv:1905.11946";
constexpr std::string_view kMobileNetV3 = "Howard et al. 2019, arXiv:1905.02244";
constexpr std::string_view kSqueezeNet = "Iandola et al. 2016, arXiv:1602.07360";
constexpr std::string_view kGpt2 =
    "Radford et al. 2019, \"Language models are unsupervised multitask learners\"";
constexpr std::string_view kResNext = "Xie et al. 2016, arXiv:1611.05431";

// Parameters and multiply-adds as torchvision documents them for its weights; LeNet's are counted
// by hand, and so are the multiply-adds of texts. Parameters of BERT and GPT-2 are those of the
// weights that their authors published (bert-base-uncased, gpt2 of 124 million).
constexpr std::array kArchitectures = {
    Architecture{"alexnet", "Krizhevsky 2014, arXiv:1404.5997", 3, 224, 224, 61'100'840, 0.714,
                 build_alexnet},
    Architecture{"lenet", "variant of published Jetson measurements", 1, 32, 32, 99'982, 0.00423,
                 build_lenet},
    Architecture{"vgg11", kVgg, 3, 224, 224, 132'863'336, 7.609, build_vgg},
    Architecture{"vgg13", kVgg, 3, 224, 224, 133'047'848, 11.308, build_vgg},
    Architecture{"vgg16", kVgg, 3, 224, 224, 138'357'544, 15.47, build_vgg},
    Architecture{"vgg19", kVgg, 3, 224, 224, 143'667'240, 19.632, build_vgg},
    Architecture{"resnet18", kResNet, 3, 224, 224, 11'689'512, 1.814, build_resnet},
    Architecture{"resnet34", kResNet, 3, 224, 224, 21'797'672, 3.664, build_resnet},
    Architecture{"resnet50", kResNet, 3, 224, 224, 25'557'032, 4.089, build_resnet},
    Architecture{"resnet101", kResNet, 3, 224, 224, 44'549'160, 7.801, build_resnet},
    Architecture{"resnet152", kResNet, 3, 224, 224, 60'192'808, 11.514, build_resnet},
    Architecture{"resnext50_32x4d", kResNext, 3, 224, 224, 25'028'904, 4.23, build_resnet},
    Architecture{"resnext101_32x8d", kResNext, 3, 224, 224, 88'791'336, 16.414, build_resnet},
    Architecture{"resnext101_64x4d", kResNext, 3, 224, 224, 83'455'272, 15.46, build_resnet},
    Architecture{"mobilenet_v2", "Sandler et al. 2018, arXiv:1801.04381", 3, 224, 224, 3'504'872,
                 0.301, build_mobilenet_v2},
    Architecture{"mobilenet_v3_small", kMobileNetV3, 3, 224, 224, 2'542'856, 0.057,
                 build_mobilenet_v3},
    Architecture{"mobilenet_v3_large", kMobileNetV3, 3, 224, 224, 5'483'032, 0.217,
                 build_mobilenet_v3},
    Architecture{"convnext_tiny", kConvNext, 3, 224, 224, 28'589'128, 4.456, build_convnext},
    Architecture{"convnext_small", kConvNext, 3, 224, 224, 50'223'688, 8.684, build_convnext},
    Architecture{"convnext_base", kConvNext, 3, 224, 224, 88'591'464, 15.355, build_convnext},
    Architecture{"squeezenet1_0", kSqueezeNet, 3, 224, 224, 1'248'424, 0.819, build_squeezenet},
    Architecture{"squeezenet1_1", kSqueezeNet, 3, 224, 224, 1'235'496, 0.349, build_squeezenet},
    Architecture{"densenet121", "Huang et al. 2016, arXiv:1608.06993", 3, 224, 224, 7'978'856,
                 2.834, build_densenet},
    Architecture{"googlenet", "Szegedy et al. 2014, arXiv:1409.4842", 3, 224, 224, 6'624'904, 1.498,
                 build_googlenet},
    Architecture{"shufflenet_v2_x1_0", "Ma et al. 2018, arXiv:1807.11164", 3, 224, 224, 2'278'604,
                 0.145, build_shufflenet_v2},
    Architecture{"efficientnet_b0", kEfficientNet, 3, 224, 224, 5'288'548, 0.386,
                 build_efficientnet},
    Architecture{"efficientnet_b1", kEfficientNet, 3, 240, 240, 7'794'184, 0.687,
                 build_efficientnet},
    Architecture{"efficientnet_b2", kEfficientNet, 3, 288, 288, 9'109'994, 1.088,
                 build_efficientnet},
    Architecture{"mnasnet1_0", "Tan et al. 2018, arXiv:1807.11626", 3, 224, 224, 4'383'312, 0.314,
                 build_mnasnet},
    Architecture{"vit_b_16", "Dosovitskiy et al. 2020, arXiv:2010.11929", 3, 224, 224, 86'567'656,
                 17.564, build_vit},
    Architecture{.name = "bert_base",
                 .source = "Devlin et al. 2018, arXiv:1810.04805",
                 .parameters = 109'482'240,
                 .gmacs = 11.174,
                 .build = build_bert,
                 .tokens = 128},
    Architecture{.name = "gpt2",
                 .source = kGpt2,
                 .parameters = 124'439'808,
                 .gmacs = 16.114,
                 .build = build_gpt2,
                 .tokens = 128},
    Architecture{.name = "gpt2_decode",
                 .source = kGpt2,
                 .parameters = 124'439'808,
                 .gmacs = 0.1259,
                 .build = build_gpt2,
                 .tokens = 128},
};

}  // namespace

std::span<const Architecture> architecture_table() { return kArchitectures; }

std::vector<std::int64_t> input_shape_of(const Architecture& architecture, std::int64_t batch) {
  if (architecture.tokens > 0) return {batch, architecture.tokens};
  return {batch, architecture.channels, architecture.height, architecture.width};
}

const Architecture* find_architecture(std::string_view name) {
  for (const Architecture& architecture : kArchitectures) {
    if (architecture.name == name) return &architecture;
  }
  return nullptr;
}

Result<OnnxModel> build_architecture(std::string_view name, const ArchitectureOptions& options) {
  if (const Architecture* architecture = find_architecture(name)) {
    return architecture->build(*architecture, options);
  }
  std::vector<std::string_view> names;
  for (const Architecture& architecture : kArchitectures) names.push_back(architecture.name);
  const std::optional<std::string> nearest = nearest_name(name, names);
  return Error(ErrorCode::kInvalidArgument,
               nearest ? fmt::format("there is no built-in architecture '{}'; did you mean '{}'?",
                                     name, *nearest)
                       : fmt::format("there is no built-in architecture '{}'; 'layerwatt models' "
                                     "lists them",
                                     name));
}

}  // namespace layerwatt
