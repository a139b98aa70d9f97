#include "attribution/sensor/edge_response.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

/// Behind an edge readings are looked at for at most this long: ten time constants of a stock
/// INA3221 (0.43 s).
constexpr double kEdgeSeconds = 4.5;
constexpr std::size_t kLeastReadings = 5;
constexpr std::size_t kMostReadings = 4000;
/// What was drawn before an edge is the mean over at least so many readings and seconds.
constexpr double kLevelReadings = 3.0;
constexpr double kLevelSeconds = 0.02;
constexpr double kPassesInLevel = 3.0;
/// Grid of times, before refinement: steps of 12 %, to three seconds.
constexpr double kGridRatio = 1.12;
constexpr double kShortest = 1e-5;
constexpr double kLongest = 3.0;
/// Edges beyond these many add little.
constexpr std::size_t kMostEdges = 40;

struct Edge {
  /// After the edge.
  std::vector<double> t;
  std::vector<double> y;
  /// Level before it.
  double before = 0.0;
  /// Variance of a reading, and how many readings are worth one independent reading.
  double variance = 0.0;
  double correlated = 1.0;
};

/// How much of the level before the edge a reading still shows at `t` after it.
double remaining(MemoryKind kind, double seconds, double t) {
  switch (kind) {
    case MemoryKind::kNone:
      return 0.0;
    case MemoryKind::kExponential:
      return std::exp(-t / seconds);
    case MemoryKind::kMean:
      return std::max(0.0, 1.0 - t / seconds);
  }
  return 0.0;
}

/// The level after the edge that fits best, and the squares that it leaves.
struct LevelFit {
  double after = 0.0;
  double squares = 0.0;
};

LevelFit fit_level(const Edge& edge, MemoryKind kind, double seconds) {
  double products = 0.0;
  double weights = 0.0;
  for (std::size_t i = 0; i < edge.t.size(); ++i) {
    const double g = remaining(kind, seconds, edge.t[i]);
    products += (1.0 - g) * (edge.y[i] - edge.before * g);
    weights += (1.0 - g) * (1.0 - g);
  }
  LevelFit fit;
  fit.after = weights > 1e-9 ? products / weights : edge.before;
  for (std::size_t i = 0; i < edge.t.size(); ++i) {
    const double g = remaining(kind, seconds, edge.t[i]);
    const double r = edge.y[i] - edge.before * g - fit.after * (1.0 - g);
    fit.squares += r * r;
  }
  return fit;
}

double mean_between(std::span<const double> seconds, std::span<const double> watts, double from,
                    double to, std::size_t& count) {
  const auto a = std::lower_bound(seconds.begin(), seconds.end(), from) - seconds.begin();
  const auto b = std::lower_bound(seconds.begin(), seconds.end(), to) - seconds.begin();
  double sum = 0.0;
  for (auto k = a; k < b; ++k) sum += watts[static_cast<std::size_t>(k)];
  count = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, b - a));
  return count > 0 ? sum / static_cast<double>(count) : 0.0;
}

class EdgeFits {
 public:
  explicit EdgeFits(const EdgeQuestion& question)
      : seconds_(question.seconds),
        watts_(question.watts),
        distance_(usual_distance({question.seconds.begin(), question.seconds.end()})),
        expected_(question.expected),
        from_last_readings_(question.from_last_readings) {}

  void add(double at, double until, double from, double level_seconds) {
    if (edges_.size() >= kMostEdges) return;
    Edge edge;
    const double last_readings = kLevelReadings * distance_;
    const double level = from_last_readings_
                             ? last_readings
                             : std::max({level_seconds, last_readings, kLevelSeconds});
    std::size_t before = 0;
    edge.before = mean_between(seconds_, watts_, std::max(from, at - level), at, before);
    if (before == 0) return;
    const auto first = static_cast<std::size_t>(
        std::lower_bound(seconds_.begin(), seconds_.end(), at) - seconds_.begin());
    // How readings followed shows in those that came soon.
    if (first == seconds_.size() || seconds_[first] - at > least_hole(distance_)) return;
    const double last = std::min(until, at + kEdgeSeconds);
    for (std::size_t k = first; k < seconds_.size() && seconds_[k] < last; ++k) {
      if (edge.t.size() >= kMostReadings) break;
      edge.t.push_back(seconds_[k] - at);
      edge.y.push_back(watts_[k]);
    }
    if (edge.t.size() < kLeastReadings) return;
    edges_.push_back(std::move(edge));
  }

  std::optional<EdgeResponse> fit() {
    if (edges_.empty()) return std::nullopt;
    // Twice: the noise of each edge is that about the best fit of the first round.
    for (Edge& edge : edges_) edge.variance = own_variance(edge);
    EdgeResponse response = fit_all();
    const MemoryFit& best = best_of(response);
    for (Edge& edge : edges_) set_noise(edge, best);
    response = fit_all();
    for (const Edge& edge : edges_) response.readings += edge.t.size();
    response.edges = edges_.size();
    return response;
  }

 private:
  static const MemoryFit& best_of(const EdgeResponse& r) {
    const MemoryFit& slow =
        r.exponential.log_likelihood >= r.mean.log_likelihood ? r.exponential : r.mean;
    return r.none.log_likelihood >= slow.log_likelihood ? r.none : slow;
  }

  /// Of the second half, where the readings have come to rest as far as they will.
  double own_variance(const Edge& edge) const {
    double sum = 0.0;
    double squares = 0.0;
    const std::size_t first = edge.y.size() / 2;
    const auto n = static_cast<double>(edge.y.size() - first);
    for (std::size_t i = first; i < edge.y.size(); ++i) {
      sum += edge.y[i];
      squares += edge.y[i] * edge.y[i];
    }
    return std::max(squares / n - sum * sum / n / n, 1e-10) + 1e-6 * edge.before * edge.before;
  }

  void set_noise(Edge& edge, const MemoryFit& best) const {
    const LevelFit level = fit_level(edge, best.kind, best.seconds);
    std::vector<double> residual;
    for (std::size_t i = 0; i < edge.t.size(); ++i) {
      const double g = remaining(best.kind, best.seconds, edge.t[i]);
      residual.push_back(edge.y[i] - edge.before * g - level.after * (1.0 - g));
    }
    const auto n = static_cast<double>(residual.size());
    edge.variance = std::max(level.squares / n, 1e-10);
    // Sum of the correlations up to the first that is not positive.
    double together = 1.0;
    for (std::size_t lag = 1; lag < residual.size() / 2; ++lag) {
      double products = 0.0;
      for (std::size_t i = lag; i < residual.size(); ++i) {
        products += residual[i] * residual[i - lag];
      }
      const double correlation = products / std::max(level.squares, 1e-300);
      if (correlation <= 0.05) break;
      together += 2.0 * correlation;
    }
    edge.correlated = std::min(together, n / 3.0);
  }

  double log_likelihood(MemoryKind kind, double seconds) const {
    double sum = 0.0;
    for (const Edge& edge : edges_) {
      sum -= 0.5 * fit_level(edge, kind, seconds).squares / (edge.variance * edge.correlated);
    }
    return sum;
  }

  MemoryFit best_time(MemoryKind kind) const {
    MemoryFit fit{kind, distance_, 0.0, -std::numeric_limits<double>::infinity()};
    for (double seconds = std::max(0.3 * distance_, kShortest); seconds < kLongest;
         seconds *= kGridRatio) {
      const double likelihood = log_likelihood(kind, seconds);
      if (likelihood > fit.log_likelihood) fit = {kind, seconds, 0.0, likelihood};
    }
    double low = fit.seconds / kGridRatio;
    double high = fit.seconds * kGridRatio;
    // 1/φ, which golden-section search shortens its bracket by (Kiefer 1953).
    constexpr double kGolden = 0.6180339887498949;
    for (int i = 0; i < 24; ++i) {
      const double a = high - kGolden * (high - low);
      const double b = low + kGolden * (high - low);
      (log_likelihood(kind, a) > log_likelihood(kind, b) ? high : low) =
          log_likelihood(kind, a) > log_likelihood(kind, b) ? b : a;
    }
    fit.seconds = 0.5 * (low + high);
    fit.log_likelihood = log_likelihood(kind, fit.seconds);
    // Wide enough for the likelihood to fall by more than its rounding, far within the grid's step.
    constexpr double kStep = 0.02;
    const double curvature =
        (2.0 * fit.log_likelihood - log_likelihood(kind, fit.seconds * (1.0 + kStep)) -
         log_likelihood(kind, fit.seconds * (1.0 - kStep))) /
        (kStep * kStep);
    fit.relative_error = curvature > 1.0 ? 1.0 / std::sqrt(curvature) : 1.0;
    return fit;
  }

  EdgeResponse fit_all() const {
    EdgeResponse response;
    response.none = {MemoryKind::kNone, 0.0, 0.0, log_likelihood(MemoryKind::kNone, 0.0)};
    response.exponential = best_time(MemoryKind::kExponential);
    response.mean = best_time(MemoryKind::kMean);
    if (expected_) response.expected = best_expected();
    return response;
  }

  MemoryFit best_expected() const {
    MemoryFit best{MemoryKind::kNone, 0.0, 0.0, -std::numeric_limits<double>::infinity()};
    if (expected_->least <= 0.0) best.log_likelihood = log_likelihood(MemoryKind::kNone, 0.0);
    // 2.5 % of a time constant apart, over ±30 %.
    constexpr int kSteps = 24;
    for (int i = 1; i <= kSteps; ++i) {
      const double seconds =
          expected_->least + (expected_->most - expected_->least) * static_cast<double>(i) / kSteps;
      for (const MemoryKind kind : {MemoryKind::kExponential, MemoryKind::kMean}) {
        // Whatever is short against readings may follow as it will.
        if (kind != expected_->kind && expected_->least > 0.0) continue;
        const double likelihood = log_likelihood(kind, seconds);
        if (likelihood > best.log_likelihood) best = {kind, seconds, 0.0, likelihood};
      }
    }
    return best;
  }

  std::span<const double> seconds_;
  std::span<const double> watts_;
  double distance_;
  std::optional<ExpectedMemory> expected_;
  bool from_last_readings_;
  std::vector<Edge> edges_;
};

}  // namespace

std::optional<EdgeResponse> fit_edges(const EdgeQuestion& question) {
  const std::span<const Stretch> busy = question.busy;
  if (question.seconds.size() < kLeastReadings || busy.empty()) return std::nullopt;
  EdgeFits fits(question);
  for (std::size_t s = 0; s < busy.size(); ++s) {
    const double next =
        s + 1 < busy.size() ? busy[s + 1].begin : std::numeric_limits<double>::max();
    const double last_end = s > 0 ? busy[s - 1].end : -std::numeric_limits<double>::max();
    fits.add(busy[s].end, next, busy[s].begin, kPassesInLevel * question.pass_seconds);
    if (question.is_even) fits.add(busy[s].begin, busy[s].end, last_end, 0.0);
  }
  return fits.fit();
}

}  // namespace layerwatt
