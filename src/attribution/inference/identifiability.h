#pragma once

#include <string>
#include <vector>

#include "layerwatt/core/timeline.h"

#include "attribution/fit/fine_fit.h"
#include "attribution/inference/grouping.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

struct SeparationLimits {
  /// Half of an interval's width, in standard deviations.
  double deviations = 1.96;
  double relative_half_width = 0.15;
  double variance_inflation = 30.0;
  /// Layers are told by timing alone (`whole`), not by how often they ran: what timing gets wrong,
  /// a large variance inflation multiplies, in means of several layers too.
  bool by_timing = false;
  /// Not even that: the sensor averages over many passes that are all alike, and what it follows of
  /// how they differ is less than what the model leaves out.
  bool only_the_sum = false;
};

/// Neighbouring layers of which only the mean power can be told (or one layer alone).
struct LayerGroup {
  /// Indices of the layers, in order.
  std::vector<int> layers;
  /// Mean power of their first executions, weighted by run time, and its variance in full.
  double watts = 0.0;
  double variance = 0.0;
  double variance_inflation = 1.0;
};

/// What became of the wish to tell every layer apart.
struct Separation {
  GroupedSolution solution;
  /// Each layer by itself; without layers for those that never ran.
  std::vector<LayerGroup> alone;
  /// Whether a layer could be told by itself.
  std::vector<bool> told;
  /// What the others were merged into. A layer that was told can be a member, where a weak
  /// neighbour can only be told together with it.
  std::vector<LayerGroup> groups;
  /// Group of each layer, −1 for those that never ran.
  std::vector<int> group_of;
  /// Factor on variances (intervals.h).
  double variance_scale = 1.0;
  /// Of each layer on its own, before anything was merged or shrunk; 0 for those that never ran.
  std::vector<double> variance_inflation;
  std::vector<double> half_width;
  double condition_number = 0.0;
  /// Greatest ratio of a half-width to its limit among layers whose variance inflation is in order;
  /// its square is how many times longer the run would have to be.
  double excess = 0.0;
  /// Layers whose variance inflation alone was too large.
  int collinear = 0;
  /// Layers drawn towards their type.
  std::vector<bool> shrunk;
  /// Of each layer, where it is merged: the split of the group's power that is likeliest if layers
  /// differ as much as those that could be told do.
  std::vector<double> likeliest;
};

/// Merges layers whose half-width or variance inflation is beyond the limits with neighbours, until
/// each group is within them (where layers are not told by timing alone, its half-width) or one
/// group is left; shrinks towards the layers of its
/// type where that alone makes a layer estimable. Merging changes what is reported, not the fit:
/// the group's power is a weighted mean of the layers' powers with their covariance, so it assumes
/// nothing of the powers within, and other layers are not disturbed.
///
/// Half-widths are compared with the layer's power, but at least a fifth of the layers' mean, so
/// that a layer that draws nothing can be told too. Variance inflation counts where the half-width
/// is more than a third of its limit: a large one alone says that the estimate hangs on exact
/// timing, which the half-width carries already.
Separation separate(const FineFit& fit, const LoadPieces& load, const Timeline& timeline,
                    const Grouping& grouping, const SeparationLimits& limits);

}  // namespace layerwatt
