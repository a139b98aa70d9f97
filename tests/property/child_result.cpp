#include "property/child_result.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include "layerwatt/analysis/map_by_solving.h"
#include "layerwatt/dataset/raw_dataset.h"

namespace layerwatt::testing {
namespace {

template <class Q>
bool is_bad(const std::optional<Estimate<Q>>& estimate) {
  if (!estimate) return false;
  const double value = estimate->value.value();
  if (!std::isfinite(value)) return true;
  if (!estimate->low || !estimate->high) return false;
  const double low = estimate->low->value();
  const double high = estimate->high->value();
  // Rounding of the last digits is no fault.
  const double slack = 1e-9 * std::max({std::abs(low), std::abs(high), 1e-9});
  return !std::isfinite(low) || !std::isfinite(high) || low > value + slack || value > high + slack;
}

void take(const LayerProfile& profile, MapResult& out, std::string& words) {
  for (const std::string& note : profile.notes) words += note + '\n';
  for (const LayerProfileRow& row : profile.rows) {
    out.has_bad_number = out.has_bad_number || is_bad(row.power) || is_bad(row.energy);
    out.has_no_reason = out.has_no_reason || (!row.power && row.reason.empty());
    if (words.find(row.reason) == std::string::npos) words += row.reason + '\n';
  }
  out.has_bad_number =
      out.has_bad_number || is_bad(profile.pass_energy) || is_bad(profile.idle_power);
  if (profile.pass_energy && profile.pass_energy->low && profile.pass_energy->high) {
    out.is_told = true;
    out.value = profile.pass_energy->value.value();
    out.low = profile.pass_energy->low->value();
    out.high = profile.pass_energy->high->value();
  } else if (words.empty()) {
    out.has_no_reason = true;
  }
}

MapResult map_now(const std::filesystem::path& raw, const SolveOptions& options) {
  MapResult out;
  std::string words;
  const auto run = [&]() -> Result<LayerProfile> {
    auto dataset = find_raw_dataset(raw);
    if (!dataset) return std::move(dataset).error();
    return map_model_by_solving(*dataset, dataset->models.front(), options, raw / "result");
  };
  const auto profile = run();
  if (profile) {
    take(*profile, out, words);
  } else {
    out.is_error = true;
    words = profile.error().to_string();
    out.has_no_reason = words.empty();
  }
  std::strncpy(out.words.data(), words.c_str(), out.words.size() - 1);
  return out;
}

void limit(int what, double most) {
  rlimit limits{};
  limits.rlim_cur = limits.rlim_max = static_cast<rlim_t>(most);
  ::setrlimit(what, &limits);
}

/// Resident now, as ru_maxrss of a child begins with it.
double resident_megabytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0.0;
  double resident = 0.0;
  file >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

}  // namespace

ChildOutcome map_in_child(const std::filesystem::path& raw, const SolveOptions& options,
                          double most_seconds, double most_megabytes) {
  ChildOutcome outcome;
  int ends[2];
  if (::pipe(ends) != 0) return outcome;
  const double before = resident_megabytes();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    limit(RLIMIT_CPU, std::ceil(most_seconds));
    limit(RLIMIT_AS, most_megabytes * 1e6);
    limit(RLIMIT_CORE, 0);
    const MapResult result = map_now(raw, options);
    const ssize_t written = ::write(ends[1], &result, sizeof result);
    ::_exit(written == static_cast<ssize_t>(sizeof result) ? 0 : 1);
  }
  ::close(ends[1]);
  std::size_t got = 0;
  auto* bytes = reinterpret_cast<char*>(&outcome.result);
  while (got < sizeof outcome.result) {
    const ssize_t more = ::read(ends[0], bytes + got, sizeof outcome.result - got);
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  ::close(ends[0]);
  int status = 0;
  rusage used{};
  ::wait4(child, &status, 0, &used);
  outcome.is_whole = got == sizeof outcome.result && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  outcome.seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  outcome.megabytes = std::max(0.0, static_cast<double>(used.ru_maxrss) * 1024e-6 - before);
  return outcome;
}

}  // namespace layerwatt::testing
