#include "attribution/fit/chained_equations.h"

#include <algorithm>

namespace layerwatt {
namespace {

/// Of a knot's own weight: far below what any recording determines, far above rounding.
constexpr double kRidge = 1e-12;

Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

}  // namespace

ChainedEquations::ChainedEquations(std::size_t border, std::size_t knots, const NoiseModel& noise)
    : border_(border),
      knots_(knots),
      has_state_(noise.drift > 0.0),
      whitener_(noise, border + 2),
      last_(std::min<std::size_t>(1, knots - 1)) {}

void ChainedEquations::begin_block() {
  if (equations_) end_cell(first_);
  blocks_.emplace_back(Eigen::MatrixXd::Zero(index(border_), index(border_)));
}

void ChainedEquations::reach(std::size_t first, std::size_t last) {
  if (first == first_ && last == last_) return;
  if (equations_) end_cell(first);
  // What stays in reach keeps what it has left in the noise's state.
  const std::vector<double> before = whitener_.drift_states();
  std::vector<double> after(border_ + (last - first) + 2, 0.0);
  std::copy_n(before.begin(), border_, after.begin());
  for (std::size_t k = std::max(first, first_); k <= std::min(last, last_); ++k) {
    after[border_ + k - first] = before[border_ + k - first_];
  }
  whitener_.set_drift_states(std::move(after));
  first_ = first;
  last_ = last;
}

void ChainedEquations::add(double time, std::span<const double> row) {
  if (!equations_) {
    std::vector<double> states = whitener_.drift_states();
    states.resize(border_ + count() + 1, 0.0);
    states.back() = has_state_ ? 1.0 : 0.0;
    whitener_.set_drift_states(std::move(states));
    equations_.emplace(border_ + count() + 1);
  }
  const auto out = equations_->next_row();
  std::copy(row.begin(), row.end(), out.begin());
  out.back() = 0.0;
  whitener_.whiten(time, 1.0, out);
  equations_->commit();
  ++rows_;
}

void ChainedEquations::close() {
  if (equations_) end_cell(first_);
}

void ChainedEquations::end_cell(std::size_t next_first) {
  const Eigen::MatrixXd& products = equations_->matrix();
  blocks_.back() += products.topLeftCorner(index(border_), index(border_));
  Cell cell;
  cell.block = blocks_.size() - 1;
  cell.first = first_;
  cell.count = count();
  cell.edge = products.rightCols(index(count() + 1));
  const std::vector<double>& states = whitener_.drift_states();
  cell.kept = states.back();
  cell.left = Eigen::VectorXd::Zero(index(count()));
  for (std::size_t k = first_; k < std::min(next_first, last_ + 1); ++k) {
    cell.left[index(k - first_)] = states[border_ + k - first_];
  }
  cells_.push_back(std::move(cell));
  equations_.reset();
}

Eigen::MatrixXd ChainedEquations::border_products() const {
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(index(border_), index(border_));
  for (const Eigen::MatrixXd& block : blocks_) sum += block;
  return sum;
}

/// Products of the knots that are still to be eliminated but stand in a cell already, of the state
/// before the cell that comes next, and of the border.
class ChainElimination::Front {
 public:
  Front(const ChainedEquations& equations, std::span<const KnotBend> bends, double damping)
      : equations_(equations), bends_(bends), damping_(damping) {
    for (const auto& cell : equations.cells()) slots_ = std::max(slots_, cell.count);
    slots_ += 3;
    const Eigen::Index size = border(equations.border());
    products_ = Eigen::MatrixXd::Zero(size, size);
    weight_.assign(equations.knots(), 0.0);
    for (const auto& cell : equations.cells()) {
      for (std::size_t i = 0; i < cell.count; ++i) {
        weight_[cell.first + i] += cell.edge(index(equations.border() + i), index(i));
      }
    }
    for (std::size_t m = 0; m < bends.size(); ++m) {
      const double weight = 1.0 / (bends[m].deviation * bends[m].deviation);
      weight_[m] += weight;
      weight_[m + 1] += 4.0 * weight;
      weight_[m + 2] += weight;
    }
  }

  void eliminate_all() {
    std::size_t left = equations_.knots();
    const auto& cells = equations_.cells();
    for (std::size_t j = cells.size(); j-- > 0;) {
      const auto& cell = cells[j];
      // The state that these are told by is that before the next cell.
      while (left > cell.first + cell.count) eliminate(--left, j + 1);
      pass_state(cell);
      add(cell);
    }
    // Nothing was there before the first cell.
    products_.row(state()).setZero();
    products_.col(state()).setZero();
    while (left > 0) eliminate(--left, 0);
  }

  Eigen::Index slot(std::size_t knot) const { return index(knot % slots_); }
  Eigen::Index state() const { return index(slots_); }
  Eigen::Index border(std::size_t column = 0) const { return index(slots_ + 1 + column); }
  std::size_t slots() const { return slots_; }
  Eigen::MatrixXd border_products() const {
    const Eigen::Index size = index(equations_.border());
    return products_.bottomRightCorner(size, size);
  }

  /// A knot is minus its row times all that was left when it was eliminated.
  struct Step {
    std::size_t knot = 0;
    /// The state is that before this cell.
    std::size_t cell = 0;
    Eigen::VectorXd row;
  };
  const std::vector<Step>& steps() const { return steps_; }

 private:
  void eliminate(std::size_t knot, std::size_t cell) {
    if (knot >= 2 && knot - 2 < bends_.size()) add_bend(knot - 1);
    const Eigen::Index own = slot(knot);
    const double weight = weight_[knot];
    const double pivot = products_(own, own) + (kRidge + damping_) * weight;
    Eigen::VectorXd column = products_.col(own);
    column[own] = 0.0;
    Step step{knot, cell, Eigen::VectorXd::Zero(column.size())};
    // A knot that nothing tells stays where it is.
    if (pivot > 0.1 * kRidge * weight && weight > 0.0) {
      step.row = column / pivot;
      products_.noalias() -= column * step.row.transpose();
    }
    products_.row(own).setZero();
    products_.col(own).setZero();
    steps_.push_back(std::move(step));
  }

  void add_bend(std::size_t middle) {
    const KnotBend& bend = bends_[middle - 1];
    Eigen::VectorXd row = Eigen::VectorXd::Zero(products_.rows());
    row[slot(middle - 1)] = 1.0 / bend.deviation;
    row[slot(middle)] = -2.0 / bend.deviation;
    row[slot(middle + 1)] = 1.0 / bend.deviation;
    row[row.size() - 1] = bend.expected / bend.deviation;
    products_.noalias() += row * row.transpose();
  }

  /// From the state behind a cell to that before it.
  void pass_state(const ChainedEquations::Cell& cell) {
    Eigen::VectorXd with = products_.col(state());
    const double own = with[state()];
    with[state()] = 0.0;
    products_.row(state()).setZero();
    products_.col(state()).setZero();
    Eigen::VectorXd from = Eigen::VectorXd::Zero(with.size());
    from[state()] = cell.kept;
    for (std::size_t i = 0; i < cell.count; ++i) from[slot(cell.first + i)] = cell.left[index(i)];
    products_.noalias() += with * from.transpose();
    products_.noalias() += from * with.transpose();
    products_.noalias() += own * from * from.transpose();
  }

  void add(const ChainedEquations::Cell& cell) {
    const std::size_t columns = equations_.border();
    const auto place = [&](std::size_t i) {
      if (i < columns) return border(i);
      return i < columns + cell.count ? slot(cell.first + i - columns) : state();
    };
    for (std::size_t q = 0; q <= cell.count; ++q) {
      const Eigen::Index at = place(columns + q);
      for (std::size_t p = 0; p <= columns + cell.count; ++p) {
        const double product = cell.edge(index(p), index(q));
        products_(place(p), at) += product;
        if (p < columns) products_(at, place(p)) += product;
      }
    }
  }

  const ChainedEquations& equations_;
  std::span<const KnotBend> bends_;
  double damping_;
  /// Knot k stands at k mod slots_: those that are there at a time are neighbours.
  std::size_t slots_ = 0;
  Eigen::MatrixXd products_;
  std::vector<double> weight_;
  std::vector<Step> steps_;
};

ChainElimination::ChainElimination(const ChainedEquations& equations,
                                   std::span<const KnotBend> bends, double damping)
    : equations_(&equations) {
  Front front(equations, bends, damping);
  front.eliminate_all();
  reduced_ = equations.border_products() + front.border_products();
  find_rows(front);
}

/// From the first knot to the last, each told by those before it.
void ChainElimination::find_rows(const Front& front) {
  const auto& cells = equations_->cells();
  const Eigen::Index border = index(equations_->border());
  knot_rows_ = Eigen::MatrixXd::Zero(index(equations_->knots()), border);
  state_rows_ = Eigen::MatrixXd::Zero(index(cells.size()) + 1, border);
  std::size_t known = 0;
  const auto find_states = [&](std::size_t until) {
    for (; known < until; ++known) {
      const auto& cell = cells[known];
      state_rows_.row(index(known) + 1) =
          cell.kept * state_rows_.row(index(known)) +
          cell.left.transpose() * knot_rows_.middleRows(index(cell.first), index(cell.count));
    }
  };
  for (auto step = front.steps().rbegin(); step != front.steps().rend(); ++step) {
    find_states(step->cell);
    Eigen::RowVectorXd row = step->row.tail(border).transpose();
    row += step->row[front.state()] * state_rows_.row(index(step->cell));
    for (std::size_t back = 1; back < front.slots() && back <= step->knot; ++back) {
      const std::size_t other = step->knot - back;
      row += step->row[front.slot(other)] * knot_rows_.row(index(other));
    }
    knot_rows_.row(index(step->knot)) = -row;
  }
  find_states(cells.size());
}

Eigen::VectorXd ChainElimination::knots(const Eigen::VectorXd& border) const {
  const Eigen::Index unknowns = index(equations_->border()) - 1;
  return knot_rows_.leftCols(unknowns) * border - knot_rows_.col(unknowns);
}

std::vector<Eigen::MatrixXd> ChainElimination::blocks() const {
  std::vector<Eigen::MatrixXd> blocks = equations_->blocks();
  const Eigen::Index border = index(equations_->border());
  const auto& cells = equations_->cells();
  for (std::size_t j = 0; j < cells.size(); ++j) {
    const auto& cell = cells[j];
    Eigen::MatrixXd inner(index(cell.count) + 1, border);
    inner << knot_rows_.middleRows(index(cell.first), index(cell.count)), state_rows_.row(index(j));
    const Eigen::MatrixXd cross = cell.edge.topRows(border) * inner;
    const Eigen::MatrixXd own = cell.edge.bottomRows(inner.rows()) * inner;
    blocks[cell.block] += cross + cross.transpose() + inner.transpose() * own;
  }
  return blocks;
}

Eigen::VectorXd ChainElimination::shift() const {
  const Eigen::Index border = index(equations_->border());
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(border);
  double state = 0.0;
  for (const auto& cell : equations_->cells()) {
    Eigen::VectorXd all = Eigen::VectorXd::Ones(index(cell.count) + 1);
    all[index(cell.count)] = state;
    sum += cell.edge.topRows(border) * all;
    state = cell.kept * state + cell.left.sum();
  }
  return sum;
}

}  // namespace layerwatt
