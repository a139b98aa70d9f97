#include "attribution/model/design_matrix.h"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

/// Below this the common factor of the filtered levels is folded back into them.
constexpr double kLeastScale = 1e-80;
/// Of a column in the low-pass, as a share: below this it is forgotten.
constexpr double kLeastLevel = 1e-12;

}  // namespace

Occupancy::Occupancy(const LoadPieces& load, double board_low_pass)
    : tau_(board_low_pass),
      now_(load.begin()),
      next_(load.pieces.begin()),
      end_(load.pieces.end()),
      level_(static_cast<std::size_t>(load.columns()), 0.0),
      at_begin_(level_.size(), 0.0),
      is_active_(level_.size(), false) {}

void Occupancy::advance(double t) {
  if (t <= now_) return;
  // Returns what a column that was on meanwhile gained.
  const auto decay = [&](double dt) {
    if (tau_ <= 0.0) return 0.0;
    const double less = std::expm1(-dt / tau_);
    scale_ *= 1.0 + less;
    if (scale_ < kLeastScale) {
      for (const int column : active_) level_[static_cast<std::size_t>(column)] *= scale_;
      scale_ = 1.0;
    }
    return -less;
  };
  for (; next_ != end_ && next_->begin < t; ++next_) {
    const LoadPiece& piece = *next_;
    if (piece.begin > now_) {
      decay(piece.begin - now_);
      now_ = piece.begin;
    }
    const double until = std::min(piece.end, t);
    if (until > now_ && tau_ > 0.0) {
      const double gained = decay(until - now_);
      const auto c = static_cast<std::size_t>(piece.column);
      if (!is_active_[c]) active_.push_back(piece.column);
      is_active_[c] = true;
      level_[c] += gained / scale_;
    }
    now_ = std::max(now_, until);
    if (piece.end > t) break;
  }
  decay(t - now_);
  now_ = t;
}

void Occupancy::forget() {
  const double least = kLeastLevel / scale_;
  std::erase_if(active_, [&](int column) {
    const auto c = static_cast<std::size_t>(column);
    if (level_[c] >= least) return false;
    level_[c] = at_begin_[c] = 0.0;
    is_active_[c] = false;
    return true;
  });
}

void Occupancy::add_window(double begin, double end, double scale, RowShares& out) {
  advance(begin);
  const double weight = scale / (end - begin);
  for (auto at = next_; at != end_ && at->begin < end; ++at) {
    const LoadPiece& piece = *at;
    const double overlap = std::min(piece.end, end) - std::max(piece.begin, begin);
    if (overlap > 0.0) out.add(piece.column, weight * overlap, 0.0);
  }
  if (tau_ <= 0.0) {
    add_edge(begin, -weight, out);
    add_edge(end, weight, out);
    return;
  }
  forget();
  const double factor_begin = scale_;
  for (const int column : active_) {
    const auto c = static_cast<std::size_t>(column);
    at_begin_[c] = level_[c] * factor_begin;
  }
  advance(end);
  for (const int column : active_) {
    const auto c = static_cast<std::size_t>(column);
    const double change = weight * (level_[c] * scale_ - at_begin_[c]);
    out.add(column, -tau_ * change, change);
  }
}

/// The column that is on at `t` passes an end of the window there.
void Occupancy::add_edge(double t, double slope, RowShares& out) const {
  for (auto at = next_; at != end_ && at->begin <= t; ++at) {
    const LoadPiece& piece = *at;
    if (t < piece.end) {
      out.add(piece.column, 0.0, slope);
      return;
    }
  }
}

std::vector<double> expected_levels(const LoadPieces& load, std::span<const double> watts,
                                    const SensorKernel& kernel, std::span<const double> ends) {
  // The mean over [a, b] is (F(b) − F(a))/(b − a), F(t) = ∫ load − τ·(filtered load).
  const double tau = kernel.board_low_pass;
  double now = load.begin();
  double energy = 0.0;
  double filtered = 0.0;
  auto next = load.pieces.begin();
  const auto end_of_load = load.pieces.end();
  const auto hold = [&](double level, double until) {
    const double dt = until - now;
    if (dt <= 0.0) return;
    energy += level * dt;
    if (tau > 0.0) filtered = level + (filtered - level) * std::exp(-dt / tau);
    now = until;
  };
  const auto advance = [&](double t) {
    while (next != end_of_load && next->begin < t) {
      const LoadPiece& piece = *next;
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
                       std::span<const double> ends, const RowVisitor& visit) {
  // Two places have the mean and the variance of what jitters.
  std::vector<double> places = {0.0};
  if (kernel.jitter > 0.0) places = {-kernel.jitter, kernel.jitter};
  std::vector<Occupancy> occupancies(places.size(), Occupancy(load, kernel.board_low_pass));
  const double scale = 1.0 / (kernel.block_count * static_cast<double>(places.size()));
  RowShares row(load.columns());
  for (std::size_t j = 0; j < ends.size(); ++j) {
    row.clear();
    for (int w = kernel.block_count - 1; w >= 0; --w) {
      const double end = ends[j] - w * kernel.block_step;
      for (std::size_t p = 0; p < places.size(); ++p) {
        const double at = end + places[p];
        occupancies[p].add_window(at - kernel.window, at, scale, row);
      }
    }
    visit({j, row.shares(), row.slope(), row.touched()});
  }
}

}  // namespace layerwatt
