// Powers of the layers of built-in networks on a virtual board, whose truth is known: a part of
// each follows from the layer, a part is drawn at random for its place alone. Leaves a network out
// at a time, and prints how far `train`'s model is off beside the best that anything could do that
// knows the rule but not the draw.
//
// Usage: layerwatt_virtual_power_benchmark [BOARD] [SEED]

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "layerwatt/models/architecture.h"
#include "layerwatt/models/fuse_layers.h"
#include "layerwatt/models/layer_info.h"
#include "layerwatt/prediction/validation.h"

#include "simulation/board/virtual_layer_power.h"

namespace {

using namespace layerwatt;

constexpr const char* kNetworks[] = {"alexnet",
                                     "convnext_tiny",
                                     "densenet121",
                                     "efficientnet_b0",
                                     "googlenet",
                                     "lenet",
                                     "mnasnet1_0",
                                     "mobilenet_v2",
                                     "mobilenet_v3_large",
                                     "mobilenet_v3_small",
                                     "resnet18",
                                     "resnet34",
                                     "resnet50",
                                     "resnet101",
                                     "resnet152",
                                     "shufflenet_v2_x1_0",
                                     "squeezenet1_0",
                                     "squeezenet1_1",
                                     "vgg11",
                                     "vgg13",
                                     "vgg16",
                                     "vgg19"};

/// Mean over draws of the powers that the board gives a layer.
std::vector<double> expected_powers(const std::vector<Layer>& layers, const VirtualBoard& board) {
  constexpr int kDraws = 200;
  std::vector<double> sums(layers.size(), 0.0);
  for (int draw = 0; draw < kDraws; ++draw) {
    const LayerPowers powers =
        virtual_layer_powers(layers, board, 100'000 + static_cast<std::uint64_t>(draw));
    for (std::size_t i = 0; i < layers.size(); ++i) sums[i] += powers.first[i].value() / kDraws;
  }
  return sums;
}

struct Sum {
  double squares = 0.0;
  int count = 0;
  void add(double predicted, double actual) {
    squares += std::pow(predicted / actual - 1.0, 2);
    ++count;
  }
  double rmspe() const { return count == 0 ? 0.0 : 100.0 * std::sqrt(squares / count); }
};

}  // namespace

int main(int argc, char** argv) {
  const auto board = find_virtual_board(argc > 1 ? argv[1] : "orin-nano");
  if (!board) {
    std::fprintf(stderr, "%s\n", board.error().to_string().c_str());
    return 1;
  }
  const auto seed = static_cast<std::uint64_t>(argc > 2 ? std::atoll(argv[2]) : 1);
  std::vector<LayerSample> samples;
  std::vector<double> expected;
  int networks = 0;
  for (const char* name : kNetworks) {
    if (find_architecture(name) == nullptr) {
      std::fprintf(stderr, "no network '%s'\n", name);
      continue;
    }
    ArchitectureOptions options;
    options.weights = Weights::kShapesOnly;
    const auto model = build_architecture(name, options);
    if (!model) return 1;
    ++networks;
    const std::vector<Layer> layers = fuse_layers(describe_layers(*model));
    const LayerPowers powers =
        virtual_layer_powers(layers, *board, seed + static_cast<std::uint64_t>(networks));
    const std::vector<double> means = expected_powers(layers, *board);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      auto work = layer_work(layers[i]);
      if (!work || work->kind == WorkKind::kNothing) continue;
      LayerSample sample;
      sample.network = name;
      // The embedded engine's times do not matter here: 20 Gflop/s, 10 GB/s, 5 µs a launch.
      sample.seconds = 5e-6 + work->flops / 20e9 + work->bytes() / 10e9;
      sample.watts = powers.first[i].value();
      sample.work = *std::move(work);
      samples.push_back(std::move(sample));
      expected.push_back(means[i]);
    }
  }
  ValidationOptions options;
  options.with_published = false;
  std::map<WorkKind, std::pair<Sum, Sum>> kinds;
  Sum all_ours;
  Sum all_best;
  Sum networks_ours;
  Sum networks_best;
  std::size_t refused = 0;
  for (const Fold& fold : network_folds(samples, 100)) {
    const auto rows = predict_fold(samples, fold, options);
    if (!rows) return 1;
    double actual = 0.0;
    double ours = 0.0;
    double best = 0.0;
    for (const HeldOutRow& row : *rows) {
      const LayerSample& sample = samples[row.sample];
      if (!row.ours.seconds || !row.ours.summed_joules) {
        ++refused;
        continue;
      }
      auto& [of_ours, of_best] = kinds[sample.work.kind];
      for (Sum* sum : {&of_ours, &all_ours}) sum->add(*row.ours.watts, *sample.watts);
      for (Sum* sum : {&of_best, &all_best}) sum->add(expected[row.sample], *sample.watts);
      actual += *sample.watts * sample.seconds;
      ours += *row.ours.summed_joules;
      best += expected[row.sample] * sample.seconds;
    }
    networks_ours.add(ours, actual);
    networks_best.add(best, actual);
  }
  std::printf("%s, %d networks, %zu layers, %zu refused; RMSPE\n", std::string(board->name).c_str(),
              networks, samples.size(), refused);
  std::printf("| | this model | knows the rule |\n| --- | --- | --- |\n");
  for (const auto& [kind, sums] : kinds) {
    std::printf("| power of %s layers | %.1f %% | %.1f %% |\n",
                std::string(to_string(kind)).c_str(), sums.first.rmspe(), sums.second.rmspe());
  }
  std::printf("| power of all layers | %.1f %% | %.1f %% |\n", all_ours.rmspe(), all_best.rmspe());
  std::printf("| energy of networks | %.1f %% | %.1f %% |\n", networks_ours.rmspe(),
              networks_best.rmspe());
  return 0;
}
