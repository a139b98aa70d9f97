#include "attribution/model/design_matrix.h"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

/// Below this the common factor of the filtered levels is folded back into them.
constexpr double kLeastScale = 1e-80;

}  // namespace

Occupancy::Occupancy(const LoadPieces& load, double board_low_pass)
    : pieces_(&load.pieces),
      tau_(board_low_pass),
      now_(load.begin()),
      level_(static_cast<std::size_t>(load.columns()), 0.0),
      at_begin_(static_cast<std::size_t>(load.columns()), 0.0) {}

void Occupancy::advance(double t) {
  if (t <= now_) return;
  // Returns what a column that was on meanwhile gained.
  const auto decay = [&](double dt) {
    if (tau_ <= 0.0) return 0.0;
    const double less = std::expm1(-dt / tau_);
    scale_ *= 1.0 + less;
    if (scale_ < kLeastScale) {
      for (double& level : level_) level *= scale_;
      scale_ = 1.0;
    }
    return -less;
  };
  for (; next_ < pieces_->size() && (*pieces_)[next_].begin < t; ++next_) {
    const LoadPiece& piece = (*pieces_)[next_];
    if (piece.begin > now_) {
      decay(piece.begin - now_);
      now_ = piece.begin;
    }
    const double until = std::min(piece.end, t);
    if (until > now_ && tau_ > 0.0) {
      const double gained = decay(until - now_);
      level_[static_cast<std::size_t>(piece.column)] += gained / scale_;
    }
    now_ = std::max(now_, until);
    if (piece.end > t) break;
  }
  decay(t - now_);
  now_ = t;
}

void Occupancy::add_window(double begin, double end, double scale, std::span<double> shares,
                           std::span<double> slope) {
  advance(begin);
  const double weight = scale / (end - begin);
  for (std::size_t i = next_; i < pieces_->size() && (*pieces_)[i].begin < end; ++i) {
    const LoadPiece& piece = (*pieces_)[i];
    const double overlap = std::min(piece.end, end) - std::max(piece.begin, begin);
    if (overlap > 0.0) shares[static_cast<std::size_t>(piece.column)] += weight * overlap;
  }
  if (tau_ > 0.0) {
    const double factor_begin = scale_;
    std::copy(level_.begin(), level_.end(), at_begin_.begin());
    advance(end);
    // The levels may have been rescaled between: their factor at `begin` is of the copy.
    for (std::size_t c = 0; c < level_.size(); ++c) {
      const double change = weight * (level_[c] * scale_ - at_begin_[c] * factor_begin);
      shares[c] -= tau_ * change;
      if (!slope.empty()) slope[c] += change;
    }
    return;
  }
  if (slope.empty()) return;
  const auto add_edge = [&](double t, double sign) {
    for (std::size_t i = next_; i < pieces_->size() && (*pieces_)[i].begin <= t; ++i) {
      const LoadPiece& piece = (*pieces_)[i];
      if (t < piece.end) {
        slope[static_cast<std::size_t>(piece.column)] += sign * weight;
        return;
      }
    }
  };
  add_edge(begin, -1.0);
  add_edge(end, 1.0);
}

std::vector<double> expected_levels(const LoadPieces& load, std::span<const double> watts,
                                    const SensorKernel& kernel, std::span<const double> ends) {
  // The mean over [a, b] is (F(b) − F(a))/(b − a), F(t) = ∫ load − τ·(filtered load).
  const double tau = kernel.board_low_pass;
  double now = load.begin();
  double energy = 0.0;
  double filtered = 0.0;
  std::size_t next = 0;
  const auto hold = [&](double level, double until) {
    const double dt = until - now;
    if (dt <= 0.0) return;
    energy += level * dt;
    if (tau > 0.0) filtered = level + (filtered - level) * std::exp(-dt / tau);
    now = until;
  };
  const auto advance = [&](double t) {
    while (next < load.pieces.size() && load.pieces[next].begin < t) {
      const LoadPiece& piece = load.pieces[next];
      hold(0.0, piece.begin);
      hold(watts[static_cast<std::size_t>(piece.column)], std::min(piece.end, t));
      if (piece.end > t) break;
      ++next;
    }
    hold(0.0, t);
    return energy - tau * filtered;
  };
  std::vector<double> levels;
  levels.reserve(ends.size());
  for (const double end : ends) {
    double sum = 0.0;
    for (int w = kernel.block_count - 1; w >= 0; --w) {
      const double at = end - w * kernel.block_step;
      const double before = advance(at - kernel.window);
      sum += advance(at) - before;
    }
    levels.push_back(sum / (kernel.window * kernel.block_count));
  }
  return levels;
}

void visit_design_rows(const LoadPieces& load, const SensorKernel& kernel,
                       std::span<const double> ends, std::span<const std::int64_t> seen,
                       const RowVisitor& visit) {
  const auto columns = static_cast<std::size_t>(load.columns());
  std::vector<double> shares(columns, 0.0);
  std::vector<double> slope(columns, 0.0);
  // Two places have the mean and the variance of what jitters.
  std::vector<double> places = {0.0};
  if (kernel.jitter > 0.0) places = {-kernel.jitter, kernel.jitter};
  std::vector<Occupancy> occupancies(places.size(), Occupancy(load, kernel.board_low_pass));
  const double scale =
      (1.0 - kernel.memory) / (kernel.block_count * static_cast<double>(places.size()));
  const double memory = kernel.memory;
  const bool filtered = memory > 0.0;
  const int windows = kernel.block_count;
  double initial = 1.0;
  std::size_t row = 0;
  for (std::size_t j = 0; j < ends.size() && row < seen.size(); ++j) {
    const bool is_seen = seen[row] == static_cast<std::int64_t>(j);
    if (!filtered && !is_seen) continue;
    for (std::size_t c = 0; c < columns; ++c) {
      shares[c] *= memory;
      slope[c] *= memory;
    }
    initial *= memory;
    for (int w = windows - 1; w >= 0; --w) {
      const double end = ends[j] - w * kernel.block_step;
      for (std::size_t p = 0; p < places.size(); ++p) {
        const double at = end + places[p];
        occupancies[p].add_window(at - kernel.window, at, scale, shares, slope);
      }
    }
    for (; row < seen.size() && seen[row] == static_cast<std::int64_t>(j); ++row) {
      visit({row, shares, slope, initial});
    }
  }
}

}  // namespace layerwatt
