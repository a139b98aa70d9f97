#include "attribution/fit/conversion_observation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

/// Place of a column that was never on.
constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

}  // namespace

ConversionObservation::ConversionObservation(const FastReadings& readings, const LoadPieces& load,
                                             double worst)
    : readings_(readings), load_(load), worst_(worst) {
  find_pass_ends();
}

void ConversionObservation::estimate_gap(const LoadPieces& wider, double by) {
  wider_ = &wider;
  wider_by_ = by;
}

void ConversionObservation::find_pass_ends() {
  pass_ends_.assign(load_.pass_begins.size(), 0.0);
  std::size_t pass = 0;
  double longest = 0.0;
  for (const LoadPiece& piece : load_.pieces) {
    if (piece.column == load_.gap_column()) continue;
    while (pass < pass_ends_.size() && load_.pass_begins[pass] <= piece.begin) ++pass;
    if (pass == 0) continue;
    pass_ends_[pass - 1] = piece.end;
    longest = std::max(longest, piece.end - load_.pass_begins[pass - 1]);
  }
  mean_before_end_ = 0.5 * longest;
}

/// Of the border: the columns of the load that were ever on, idle, drift, low-pass and gap, and the
/// reading; in the layout without timing.
void ConversionObservation::choose_border(std::size_t drift) {
  layout_ = {};
  layout_.load = load_.columns();
  layout_.drift = static_cast<int>(drift);
  layout_.low_pass = wider_ != nullptr ? 2 : 1;
  border_.clear();
  place_.assign(static_cast<std::size_t>(layout_.load), kNowhere);
  for (int c = 0; c < layout_.columns(); ++c) {
    if (c < layout_.load) {
      if (load_.on_time[static_cast<std::size_t>(c)] <= 0.0) continue;
      place_[static_cast<std::size_t>(c)] = border_.size();
    }
    border_.push_back(c);
  }
}

/// Rows of one pass until it is over: their border, and what they feel of the two knots beside
/// them.
struct ConversionObservation::OpenPass {
  struct Row {
    double time = 0.0;
    double slope = 0.0;
    double before_end = 0.0;
    /// The knot before the row, and how far the row is on the way to the next.
    std::size_t knot = 0;
    double part = 0.0;
  };
  std::vector<Row> rows;
  std::vector<double> borders;
};

/// Whitens the rows of a pass and adds them to the equations.
void ConversionObservation::close_pass(const TimingPosition& position, double block_seconds,
                                       OpenPass& pass) {
  if (pass.rows.empty()) return;
  std::optional<std::size_t> first;
  std::size_t last = 0;
  for (const OpenPass::Row& row : pass.rows) {
    if (row.slope == 0.0) continue;
    if (!first) first = row.knot;
    last = row.knot + 1;
  }
  if (!first) {
    first = reach_first_;
    last = reach_last_;
  }
  reach_first_ = *first;
  reach_last_ = last;
  equations_->reach(*first, last);
  const std::size_t border = border_.size();
  std::vector<double> whole(border + last - *first + 1);
  PassRows rows(whole.size());
  for (std::size_t i = 0; i < pass.rows.size(); ++i) {
    const OpenPass::Row& row = pass.rows[i];
    std::fill(std::copy_n(pass.borders.data() + i * border, border, whole.begin()), whole.end(),
              0.0);
    if (row.slope != 0.0) {
      const std::size_t at = border + row.knot - *first;
      whole[at] = row.slope * (1.0 - row.part);
      whole[at + 1] = row.slope * row.part;
    }
    rows.add(row.time, whole, position.noise * position.noise, row.slope, row.before_end);
  }
  rows.flush(position.stamp_jitter, [&](double end, std::span<const double> row) {
    if (end > block_end_) {
      equations_->begin_block();
      block_end_ = end + block_seconds;
    }
    equations_->add(end, row);
  });
  pass.rows.clear();
  pass.borders.clear();
}

ConversionObservation::Residuals ConversionObservation::observe(const TimingPosition& position,
                                                                const ConversionClock& clock,
                                                                const SensorKernel& kernel,
                                                                const LatchPlace& latch,
                                                                double block_seconds) {
  const ConversionRows rows = conversion_rows(readings_, clock, latch);
  const DriftBasis drift(readings_.before.front(), readings_.end());
  choose_border(drift.size());
  const std::size_t border = border_.size();
  // Sensitivity to the low-pass: the same conversions with a slightly longer one.
  const double more = std::max(5e-6, 0.05 * kernel.board_low_pass);
  const auto levels = [&](const LoadPieces& load, double low_pass) {
    SensorKernel changed = kernel;
    changed.board_low_pass = low_pass;
    return expected_levels(load, position.watts, changed, rows.end);
  };
  const std::vector<double> usual = levels(load_, kernel.board_low_pass);
  const std::vector<double> slower = levels(load_, kernel.board_low_pass + more);
  const std::vector<double> wider =
      wider_ != nullptr ? levels(*wider_, kernel.board_low_pass) : std::vector<double>();

  NoiseModel noise;
  // Rows come to the whitener in units of their own noise.
  noise.white = 1.0;
  noise.drift = position.drift_variance / (position.noise * position.noise);
  noise.drift_time = kDriftTime;
  equations_.emplace(border, position.knots.size(), noise);
  reach_first_ = 0;
  reach_last_ = 1;
  block_end_ = -std::numeric_limits<double>::infinity();
  OpenPass open;
  std::size_t knot = 0;
  std::size_t pass = 0;
  Residuals residuals(clock.period());
  std::vector<double> whole(border);
  // Where in the border what stands behind the load is.
  const std::size_t idle =
      border - 1 - static_cast<std::size_t>(layout_.columns() - 1 - layout_.idle());
  const std::size_t first_drift = idle + 1;
  const std::size_t low_pass = first_drift + drift.size();
  visit_design_rows(load_, kernel, rows.end, [&](const DesignRow& row) {
    const double end = rows.end[row.index];
    double level = 0.0;
    double slope = 0.0;
    std::fill(whole.begin(), whole.end(), 0.0);
    for (const int column : row.touched) {
      const auto c = static_cast<std::size_t>(column);
      level += row.shares[c] * position.watts[c];
      slope += row.slope[c] * position.watts[c];
      if (place_[c] != kNowhere) whole[place_[c]] = row.shares[c];
    }
    const double y = readings_.watts[rows.read[row.index]];
    whole[idle] = 1.0;
    drift.fill(end, std::span(whole).subspan(first_drift, drift.size()));
    while (knot + 2 < position.knots.size() && position.knots[knot + 1].time <= end) ++knot;
    const double part = (end - position.knots[knot].time) /
                        (position.knots[knot + 1].time - position.knots[knot].time);
    whole[low_pass] = (slower[row.index] - usual[row.index]) / more;
    if (wider_ != nullptr) {
      whole[low_pass + 1] = (wider[row.index] - usual[row.index]) / wider_by_;
    }
    whole.back() = y;
    double expected = level + position.idle;
    for (std::size_t d = 0; d < position.drift.size(); ++d) {
      expected += position.drift[d] * whole[first_drift + d];
    }
    const double r = y - expected;
    residuals.squares += std::min(r * r, worst_ * worst_);
    if (pass < load_.pass_begins.size() && end >= load_.pass_begins[pass]) {
      close_pass(position, block_seconds, open);
      while (pass < load_.pass_begins.size() && end >= load_.pass_begins[pass]) ++pass;
    }
    const double before_end = pass > 0 ? std::max(0.0, pass_ends_[pass - 1] - end) : 0.0;
    residuals.noise.add(r, slope, before_end);
    const double by_jitter = slope * std::sqrt(position.stamp_jitter.variance(before_end));
    // A read that the model cannot have: a stall that was not seen, a straddle.
    const double reject = std::max(position.reject.value_or(std::abs(r)),
                                   kRejectDeviations * std::hypot(position.noise, by_jitter));
    if (std::abs(r) > reject) return;
    residuals.slow.add(end, r);
    open.rows.push_back({end, slope, before_end, knot, part});
    open.borders.insert(open.borders.end(), whole.begin(), whole.end());
  });
  close_pass(position, block_seconds, open);
  equations_->close();
  return residuals;
}

Eigen::MatrixXd ConversionObservation::at_layout(const Eigen::MatrixXd& border) const {
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(layout_.columns(), layout_.columns());
  for (std::size_t i = 0; i < border_.size(); ++i) {
    for (std::size_t j = 0; j < border_.size(); ++j) {
      all(border_[i], border_[j]) =
          border(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    }
  }
  return all;
}

}  // namespace layerwatt
