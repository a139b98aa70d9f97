#pragma once

#include <optional>
#include <span>
#include <vector>

#include "layerwatt/prediction/layer_sample.h"
#include "layerwatt/prediction/published_pipeline.h"

#include "prediction/tree_ensembles.h"

namespace layerwatt::prediction {

/// What others would predict, learnt from rows of one kind and precision.
class Baselines {
 public:
  Baselines(const std::vector<const LayerSample*>& samples, bool with_published,
            std::uint64_t seed);

  std::optional<double> mean(bool power) const;
  /// Seconds.
  std::optional<double> roofline(const LayerWork& work) const;
  std::optional<double> published(const LayerWork& work, bool power) const;
  std::optional<double> forest(const LayerWork& work, bool power) const;

 private:
  struct Target {
    std::optional<double> mean;
    std::optional<PublishedModel> published;
    std::optional<TreeEnsembles> forest;
  };
  void learn(const std::vector<const LayerSample*>& samples, bool power, bool with_published,
             std::uint64_t seed);

  Target seconds_;
  Target watts_;
  double flops_per_second_ = 0.0;
  double bytes_per_second_ = 0.0;
};

}  // namespace layerwatt::prediction
