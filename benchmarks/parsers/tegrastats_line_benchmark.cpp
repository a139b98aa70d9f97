#include <benchmark/benchmark.h>

#include <fstream>
#include <string>
#include <vector>

#include "layerwatt/sensors/tegrastats_line.h"

namespace {

/// Lines of real boards; comments and empty lines stand between some.
std::vector<std::string> read_lines(const std::string& name) {
  std::vector<std::string> lines;
  std::ifstream file(std::string(LAYERWATT_TEST_DATA) + "/tegrastats/" + name);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.front() != '#') lines.push_back(line);
  }
  return lines;
}

/// Parses the lines of a file again and again; "items" are lines.
void parse_lines(benchmark::State& state, const std::string& name) {
  const std::vector<std::string> lines = read_lines(name);
  if (lines.empty()) {
    state.SkipWithError("no lines: run it where it was built, beside its sources");
    return;
  }
  std::int64_t bytes = 0;
  for (const std::string& line : lines) bytes += static_cast<std::int64_t>(line.size()) + 1;
  layerwatt::TegrastatsLine parsed;
  for (auto _ : state) {
    for (const std::string& line : lines) {
      benchmark::DoNotOptimize(layerwatt::parse_tegrastats_line(line, parsed));
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(lines.size()));
  state.SetBytesProcessed(state.iterations() * bytes);
}

BENCHMARK_CAPTURE(parse_lines, every_board_and_release, "lines.txt");
BENCHMARK_CAPTURE(parse_lines, agx_xavier_jetpack_4_root, "logs/xavieragx_16gb_all.tegrastats");
BENCHMARK_CAPTURE(parse_lines, orin_nx_jetpack_6_user, "logs/orinnx_16gb_basic.tegrastats");

}  // namespace
