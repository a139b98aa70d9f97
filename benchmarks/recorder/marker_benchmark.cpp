// What a region costs the program that marks it (layerwatt/markers.h): begin and end, in
// nanoseconds, the least of several rounds. Usage: marker_benchmark
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <thread>
#include <vector>

#include "layerwatt/markers.h"
#include "layerwatt/recording/marker_ring.h"

namespace {

constexpr int kRegions = 200'000;
constexpr int kRounds = 10;

double nanoseconds_a_region() {
  const std::uint32_t id = lw_region_id("region");
  double least = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRegions; ++i) const lw_region region(id);
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - begin;
    least = std::min(least, time.count() / kRegions);
  }
  return least;
}

}  // namespace

int main() {
  fmt::print("without a ring   {:6.1f} ns\n", nanoseconds_a_region());
  const auto ring = layerwatt::MarkerRing::create();
  if (!ring) {
    fmt::print(stderr, "{}\n", ring.error().to_string());
    return 1;
  }
  ::setenv(LW_MARKERS_VARIABLE, ring->path().c_str(), 1);
  lw_markers_of_process.state = 0;
  for (const int count : {1, 2, 4}) {
    std::vector<double> times(static_cast<std::size_t>(count));
    std::vector<std::thread> threads;
    for (double& time : times) threads.emplace_back([&time] { time = nanoseconds_a_region(); });
    for (std::thread& thread : threads) thread.join();
    fmt::print("{} thread{}        {:6.1f} ns\n", count, count == 1 ? " " : "s",
               *std::max_element(times.begin(), times.end()));
  }
}
