// Prints one table: how far `solve` and the published `window` are from the truth on simulated
// recordings, how often the intervals hold, and what was refused.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "accuracy/bent.h"
#include "accuracy/rows.h"
#include "accuracy/score.h"
#include "core/json_writer.h"

namespace layerwatt::accuracy {
namespace {

struct Options {
  std::vector<std::string> rows;
  std::int64_t recordings = 30;
  std::uint64_t seed = 1;
  int threads = 2;
  /// So many bent recordings instead of the rows.
  std::int64_t bent = 0;
  bool json = false;
  bool verbose = false;
};

/// The value below which `part` of the sorted values lie, nearest rank.
double quantile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0.0;
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(sorted.size())));
  return sorted[std::min(sorted.size(), std::max<std::size_t>(rank, 1)) - 1];
}

struct Summary {
  std::int64_t recordings = 0;
  std::int64_t failures = 0;
  std::int64_t refused = 0;
  /// Mean, because the networks differ much in it.
  double window_mean = 0.0;
  double median = 0.0;
  double p95 = 0.0;
  double max = 0.0;
  double total_max = 0.0;
  std::int64_t totals = 0;
  std::int64_t totals_covered = 0;
  std::int64_t sensors = 0;
  std::int64_t sensors_found = 0;
  double coverage = 0.0;
  double cramer_rao_ratio = 0.0;
  double resolved_share = 0.0;
  double merged_share = 0.0;
  double unresolved_share = 0.0;
  double seconds_median = 0.0;
  double seconds_max = 0.0;
};

Summary summarise(const std::vector<Score>& scores) {
  Summary summary;
  std::vector<double> window;
  std::vector<double> solved;
  std::vector<double> seconds;
  std::int64_t intervals = 0;
  std::int64_t covered = 0;
  std::int64_t ratios = 0;
  double squared_ratio = 0.0;
  double resolved = 0.0;
  double merged = 0.0;
  double unresolved = 0.0;
  for (const Score& score : scores) {
    ++summary.recordings;
    window.push_back(score.window_error);
    seconds.push_back(score.seconds);
    if (!score.failure.empty()) ++summary.failures;
    if (score.solve_error) {
      solved.push_back(*score.solve_error);
    } else {
      ++summary.refused;
    }
    summary.total_max = std::max(summary.total_max, score.total_error.value_or(0.0));
    summary.totals += score.total_error ? 1 : 0;
    summary.totals_covered += score.total_covered ? 1 : 0;
    summary.sensors += score.sensor_found ? 1 : 0;
    summary.sensors_found += score.sensor_found.value_or(false) ? 1 : 0;
    intervals += score.intervals;
    covered += score.covered;
    ratios += score.ratios;
    squared_ratio += score.squared_ratio;
    resolved += static_cast<double>(score.resolved);
    merged += static_cast<double>(score.merged);
    unresolved += static_cast<double>(score.unresolved);
  }
  for (auto* values : {&solved, &seconds}) std::ranges::sort(*values);
  for (const double error : window) summary.window_mean += error;
  summary.window_mean /= static_cast<double>(std::max<std::size_t>(window.size(), 1));
  summary.median = quantile(solved, 0.5);
  summary.p95 = quantile(solved, 0.95);
  summary.max = quantile(solved, 1.0);
  summary.seconds_median = quantile(seconds, 0.5);
  summary.seconds_max = quantile(seconds, 1.0);
  if (intervals > 0)
    summary.coverage = static_cast<double>(covered) / static_cast<double>(intervals);
  if (ratios > 0) summary.cramer_rao_ratio = std::sqrt(squared_ratio / static_cast<double>(ratios));
  const double layers = std::max(1.0, resolved + merged + unresolved);
  summary.resolved_share = resolved / layers;
  summary.merged_share = merged / layers;
  summary.unresolved_share = unresolved / layers;
  return summary;
}

std::string percent(double part) { return fmt::format("{:.2f} %", 100.0 * part); }

/// Numbers 0 … count − 1, each taken by one thread; `threads` of them at a time.
template <class Work>
void share_out(std::int64_t count, int threads, const Work& work) {
  std::atomic<std::int64_t> next{0};
  const auto take = [&] {
    for (std::int64_t n = next++; n < count; n = next++) work(n);
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(take);
  take();
  for (std::thread& thread : others) thread.join();
}

std::vector<Score> run_row(const Row& row, const Options& options) {
  std::vector<Score> scores(static_cast<std::size_t>(options.recordings));
  share_out(options.recordings, options.threads, [&](std::int64_t n) {
    Score& slot = scores[static_cast<std::size_t>(n)];
    const auto simulation = simulate_row(row, n, options.seed);
    if (simulation) {
      slot = score(row, *simulation);
    } else {
      slot.failure = simulation.error().to_string();
    }
  });
  return scores;
}

int run_bent(const Options& options) {
  std::vector<BentScore> scores(static_cast<std::size_t>(options.bent));
  share_out(options.bent, options.threads, [&](std::int64_t n) {
    BentScore& slot = scores[static_cast<std::size_t>(n)];
    slot = score_bent(n, options.seed);
    if (!options.verbose) return;
    std::cerr << fmt::format(
        "  #{}: {}{}, {}, error {}, {}, layers {}/{}\n", n, to_string(slot.bend),
        slot.wrongly_declared ? ", another sensor declared" : "", slot.told ? "told" : "refused",
        percent(slot.error), slot.covered ? "within" : "not within", slot.held, slot.intervals);
  });
  print_bent(scores, std::cout);
  return 0;
}

constexpr const char* kLine =
    "{:<42} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9} {:>9} {:>9} {:>6} {:>17} {:>7} {:>7} {:>12}\n";

void print_header(std::ostream& out) {
  out << fmt::format(kLine, "recording", "window", "solve", "p95", "max", "limit", "total",
                     "within", "cover", "CRB", "res/merg/unres %", "refused", "sensor", "CPU s");
}

void print_row(const Row& row, const Summary& s, std::ostream& out) {
  const std::string limit = row.limit ? fmt::format("{:.0f} %", 100.0 * *row.limit) : "refuse";
  const bool any = s.refused < s.recordings;
  const auto or_dash = [&](double part) { return any ? percent(part) : std::string("-"); };
  out << fmt::format(kLine, row.title, percent(s.window_mean), or_dash(s.median), or_dash(s.p95),
                     or_dash(s.max), limit, s.totals > 0 ? percent(s.total_max) : "-",
                     s.totals > 0 ? fmt::format("{}/{}", s.totals_covered, s.totals) : "-",
                     or_dash(s.coverage),
                     s.cramer_rao_ratio > 0.0 ? fmt::format("{:.2f}", s.cramer_rao_ratio) : "-",
                     fmt::format("{:.0f}/{:.0f}/{:.0f}", 100 * s.resolved_share,
                                 100 * s.merged_share, 100 * s.unresolved_share),
                     fmt::format("{}/{}", s.refused, s.recordings),
                     s.sensors > 0 ? fmt::format("{}/{}", s.sensors_found, s.sensors) : "-",
                     fmt::format("{:.2f} ({:.2f})", s.seconds_median, s.seconds_max));
  out.flush();
}

void write_json(const Row& row, const Summary& s, JsonWriter& json) {
  json.begin_object()
      .member("recording", row.title)
      .member("name", row.name)
      .member("recordings", s.recordings)
      .member("window_error_mean", s.window_mean)
      .member("solve_error_median", s.median)
      .member("solve_error_p95", s.p95)
      .member("solve_error_max", s.max)
      .member("limit", row.limit)
      .member("total_error_max", s.total_max)
      .member("totals", s.totals)
      .member("totals_covered", s.totals_covered)
      .member("coverage", s.coverage)
      .member("cramer_rao_ratio", s.cramer_rao_ratio)
      .member("resolved_share", s.resolved_share)
      .member("merged_share", s.merged_share)
      .member("unresolved_share", s.unresolved_share)
      .member("refused", s.refused)
      .member("sensors", s.sensors)
      .member("sensors_found", s.sensors_found)
      .member("failures", s.failures)
      .member("seconds_median", s.seconds_median)
      .member("seconds_max", s.seconds_max)
      .end_object();
}

void print_recordings(const std::vector<Score>& scores) {
  for (std::size_t n = 0; n < scores.size(); ++n) {
    const Score& s = scores[n];
    std::cerr << fmt::format(
        "  #{}: window {}, solve {}, total {} ± {}, covered {}/{}, {}/{}/{}, {:.2f} s {}\n", n,
        percent(s.window_error), s.solve_error ? percent(*s.solve_error) : "refused",
        s.total_error ? percent(*s.total_error) : "-",
        s.total_half_width ? percent(*s.total_half_width) : "-", s.covered, s.intervals, s.resolved,
        s.merged, s.unresolved, s.seconds, s.failure);
    for (const std::string& note : s.notes) std::cerr << "      " << note << '\n';
  }
}

int run(const Options& options) {
  if (options.bent > 0) return run_bent(options);
  std::vector<const Row*> chosen;
  for (const Row& row : rows()) {
    if (options.rows.empty() || std::ranges::find(options.rows, row.name) != options.rows.end()) {
      chosen.push_back(&row);
    }
  }
  if (chosen.size() < options.rows.size() || options.recordings < 1) {
    std::cerr << "accuracy: unknown row, or no recordings; rows are:";
    for (const Row& row : rows()) std::cerr << ' ' << row.name;
    std::cerr << '\n';
    return 2;
  }
  JsonWriter* json = nullptr;
  std::optional<JsonWriter> writer;
  if (options.json) {
    writer.emplace(std::cout);
    json = &*writer;
    json->begin_array();
  } else {
    std::cout << fmt::format(
        "{} simulated recordings a row, seed {}; virtual Orin Nano where a row names no other "
        "board; window is the mean error, solve the median, CRB the error's standard deviation "
        "over the Cramér–Rao bound\n",
        options.recordings, options.seed);
    print_header(std::cout);
  }
  bool failed = false;
  for (const Row* row : chosen) {
    const std::vector<Score> scores = run_row(*row, options);
    const Summary summary = summarise(scores);
    if (options.verbose) print_recordings(scores);
    for (const Score& score : scores) {
      if (score.failure.empty()) continue;
      std::cerr << row->name << ": " << score.failure << '\n';
      failed = true;
    }
    if (json != nullptr) {
      write_json(*row, summary, *json);
    } else {
      print_row(*row, summary, std::cout);
    }
  }
  if (json != nullptr) {
    json->end_array();
    std::cout << '\n';
  }
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace layerwatt::accuracy

int main(int argc, char** argv) {
  layerwatt::accuracy::Options options;
  CLI::App app("How far `solve` and the published `window` are from the truth.", "accuracy");
  app.add_option("--rows", options.rows, "Names of rows, comma-separated (all)")->delimiter(',');
  app.add_option("--recordings", options.recordings, "Simulated recordings a row")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of all that is random")->capture_default_str();
  app.add_option("--threads", options.threads, "Recordings at a time")->capture_default_str();
  app.add_option("--bent", options.bent,
                 "Instead of the rows: so many recordings with something wrong, drawn at random");
  app.add_flag("--json", options.json, "Print JSON");
  app.add_flag("--verbose", options.verbose, "Print each recording on stderr");
  app.footer("Example: accuracy --rows weighing-512,whole-1 --recordings 10 --seed 7");
  CLI11_PARSE(app, argc, argv);
  return layerwatt::accuracy::run(options);
}
