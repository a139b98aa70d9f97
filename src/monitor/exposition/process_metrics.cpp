#include "monitor/exposition/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/version.h"

namespace layerwatt {
namespace {

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

/// Second number of /proc/self/statm: resident pages.
std::optional<double> resident_bytes() {
  const auto text = read_file("/proc/self/statm", 4096);
  if (!text) return std::nullopt;
  const std::size_t blank = text->find(' ');
  if (blank == std::string::npos) return std::nullopt;
  const auto pages = parse_leading_int64(std::string_view(*text).substr(blank));
  if (!pages) return std::nullopt;
  return static_cast<double>(*pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void add_process_metrics(double started_unix_seconds, MetricSet& metrics) {
  metrics.add(Metric::kBuildInfo, 1.0, {{"version", std::string(kVersion)}});
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    metrics.add(Metric::kProcessCpu, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  if (const auto bytes = resident_bytes()) metrics.add(Metric::kProcessMemory, *bytes);
  metrics.add(Metric::kProcessStart, started_unix_seconds);
  std::error_code error;
  double open = 0.0;
  for (auto at = std::filesystem::directory_iterator("/proc/self/fd", error);
       at != std::filesystem::directory_iterator(); at.increment(error)) {
    if (error) return;
    open += 1.0;
  }
  // The iterator itself is one of them.
  if (open > 0.0) metrics.add(Metric::kProcessOpenFds, open - 1.0);
}

}  // namespace layerwatt
