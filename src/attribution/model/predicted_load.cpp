#include "attribution/model/predicted_load.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

/// Fine against the shortest layers and against the timing that is asked for: interpolation leaves
/// less than a microsecond.
constexpr double kStep = 20e-6;
/// Seconds that are held at a time: 40 MB.
constexpr double kHeld = 200.0;
/// Before a stretch, so that the low-pass holds what it would: many times what it lasts.
constexpr double kLead = 0.1;

}  // namespace

PredictedLoad::PredictedLoad(const LoadPieces& load, const SensorKernel& kernel,
                             std::span<const double> watts, double idle, double begin, double end)
    : begin_(begin), per_step_(1.0 / kStep) {
  // The conversion's window in whole steps before and a rest, so that the energy at its begin is
  // interpolated in what was computed already.
  const double window = std::max(kernel.window, kStep);
  const double steps_back = window / kStep;
  const auto lead = static_cast<std::size_t>(steps_back) + 2;
  // A block's earlier conversions end before the grid begins.
  const auto before =
      static_cast<std::size_t>(std::ceil((kernel.block_count - 1) * kernel.block_step / kStep));
  begin -= static_cast<double>(before) * kStep;
  const auto count = static_cast<std::size_t>((end - begin) / kStep) + 2;
  std::vector<double> history(lead + 1, 0.0);
  mean_.resize(count);

  const double tau = kernel.board_low_pass;
  const double start = begin - static_cast<double>(lead) * kStep;
  double now = start;
  double filtered = 0.0;
  double raw_energy = 0.0;
  auto piece = load.pieces.first_ending_behind(start);
  const auto hold = [&](double level, double until) {
    const double dt = until - now;
    if (dt <= 0.0) return;
    raw_energy += level * dt;
    filtered = tau > 0.0 ? level + (filtered - level) * std::exp(-dt / tau) : level;
    now = until;
  };
  for (std::size_t i = 0; i < lead + count; ++i) {
    const double t = start + static_cast<double>(i) * kStep;
    while (piece != load.pieces.end() && piece->begin < t) {
      hold(0.0, std::min(piece->begin, t));
      hold(watts[static_cast<std::size_t>(piece->column)], std::min(piece->end, t));
      if (piece->end > t) break;
      ++piece;
    }
    hold(0.0, t);
    const double energy = raw_energy - (tau > 0.0 ? tau * filtered : 0.0);
    history[i % history.size()] = energy;
    if (i < lead) continue;
    const auto whole = static_cast<std::size_t>(steps_back);
    const double part = steps_back - static_cast<double>(whole);
    const double later = history[(i - whole) % history.size()];
    const double earlier = history[(i - whole - 1) % history.size()];
    const double mean = (energy - (later * (1.0 - part) + earlier * part)) / window;
    mean_[i - lead] = static_cast<float>(mean + idle);
  }
  if (kernel.block_count > 1) average_blocks(kernel, before);
  double sum = 0.0;
  double squares = 0.0;
  for (const float mean : mean_) {
    const double above = static_cast<double>(mean) - idle;
    sum += above;
    squares += above * above;
  }
  const auto n = static_cast<double>(mean_.size());
  spread_ = std::sqrt(std::max(0.0, squares / n - sum * sum / (n * n)));
}

const PredictedLoad& PredictedStretches::over(double from, double to) {
  if (now_ && from >= from_ && to <= to_) return *now_;
  now_.reset();
  if (end_ - begin_ <= kHeld) {
    from_ = -std::numeric_limits<double>::infinity();
    to_ = std::numeric_limits<double>::infinity();
    now_.emplace(load_, kernel_, watts_, idle_, begin_, end_);
    return *now_;
  }
  // Whoever goes through the recording goes on in the direction in which he left.
  const bool goes_back = from < from_;
  from_ = goes_back ? to - kHeld : from;
  to_ = goes_back ? to : from + kHeld;
  from_ = std::min(from, from_);
  to_ = std::max(to, to_);
  // On the grid that the whole would have.
  const double steps = std::max(0.0, std::floor((from_ - kLead - begin_) / kStep));
  now_.emplace(load_, kernel_, watts_, idle_, begin_ + steps * kStep, std::min(end_, to_));
  return *now_;
}

/// From single conversions to means of blocks, without the first `earlier` places.
void PredictedLoad::average_blocks(const SensorKernel& kernel, std::size_t earlier) {
  std::vector<float> blocks(mean_.size() - earlier, 0.0F);
  const auto share = 1.0F / static_cast<float>(kernel.block_count);
  for (int w = 0; w < kernel.block_count; ++w) {
    const double back = w * kernel.block_step / kStep;
    const auto whole = static_cast<std::size_t>(back);
    const auto part = static_cast<float>(back - static_cast<double>(whole));
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::size_t later = i + earlier - whole;
      const float before = later > 0 ? mean_[later - 1] : mean_[later];
      blocks[i] += share * (mean_[later] * (1.0F - part) + before * part);
    }
  }
  mean_ = std::move(blocks);
}

}  // namespace layerwatt
