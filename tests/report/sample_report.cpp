// Writes the page of a made-up run, for the tests in a browser and for measuring how pages grow:
//   layerwatt_sample_report OUTPUT LAYERS SECONDS PASSES
// Samples come at 1 kHz. Names of layers hold what could break a page.

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "layerwatt/core/numbers.h"
#include "layerwatt/report/report_page.h"

namespace layerwatt {
namespace {

constexpr std::array<std::string_view, 8> kTypes{"Conv", "Relu", "MaxPool", "Gemm",
                                                 "Add",  "LRN",  "Concat",  "Softmax"};

std::string name_of(std::size_t i, std::string_view type) {
  std::string name = fmt::format("/layer{}/block.{}/{}", i / 64, i % 64, type);
  if (i == 3)
    name += "</script><script>window.harmed = true</script><img src=x onerror='window.harmed=1'>";
  if (i == 4)
    name +=
        " \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xE2\x80\xAE"
        "reversed";
  if (i == 5) name += std::string(4000, 'x');
  if (i == 6) name += "\nsecond line, \"quoted\"";
  return name;
}

LayerProfileRow make_row(std::size_t i, Duration run_time, std::int64_t passes) {
  LayerProfileRow row;
  const std::string_view type = kTypes[(i * 5) % kTypes.size()];
  row.layer.name = name_of(i, type);
  row.layer.type = type;
  row.layer.outputs = {{"y", {1, 64, 56, 56}, ""}};
  const double power = 1.0 + 4.0 * std::fabs(std::sin(static_cast<double>(i)));
  row.layer.flops = power * to_seconds(run_time) * 1e10;
  row.layer.bytes = to_seconds(run_time) * 4e9;
  row.run_time = {passes, run_time, run_time * 51 / 50, run_time * 6 / 5};
  if (i % 13 == 7) {
    row.reason = "its half-width exceeds 15 %: run 3 times longer";
    return row;
  }
  row.status = i % 11 == 10 ? LayerStatus::kMerged : LayerStatus::kResolved;
  if (row.status == LayerStatus::kMerged) row.reason = "merged with its neighbour";
  row.power = Estimate<Watts>{watts(power), watts(power * 0.95), watts(power * 1.05)};
  const Joules energy = watts(power) * run_time;
  row.energy = Estimate<Joules>{energy, energy * 0.95, energy * 1.05};
  row.window_power = watts(2.37);
  return row;
}

Report make_report(std::size_t layers, double seconds, std::int64_t passes) {
  Report report;
  report.title = "made-up network on Jetson Orin Nano";
  report.subtitle = "onnxruntime, schedule weighing, rail VDD_IN, method solve";
  report.environment = {{"board", "Jetson Orin Nano"}, {"kernel", "5.15.148-tegra"}};
  LayerProfile& profile = report.profile;
  profile.model = "made-up";
  profile.method = "solve";
  profile.rail = "VDD_IN";
  profile.is_virtual = true;
  profile.passes = passes;
  profile.idle_power = Estimate<Watts>{watts(4.0), watts(3.98), watts(4.02)};
  const double busy = seconds * 0.9;
  const Duration pass = from_seconds(busy / static_cast<double>(passes));
  Joules total{};
  for (std::size_t i = 0; i < layers; ++i) {
    const double weight = 0.5 + 0.5 * std::fabs(std::cos(static_cast<double>(i)));
    profile.rows.push_back(make_row(
        i, from_seconds(to_seconds(pass) * weight / (1.0 * static_cast<double>(layers))), passes));
    if (profile.rows.back().energy) total += profile.rows.back().energy->value;
  }
  for (LayerProfileRow& row : profile.rows) {
    if (row.energy) row.share = row.energy->value / total;
  }
  profile.pass_energy = Estimate<Joules>{total, total * 0.98, total * 1.02};
  profile.pass_time = pass;

  const Instant origin = instant_from_ns(1'000'000'000);
  const Instant begin = origin + from_seconds(seconds * 0.05);
  Timeline timeline;
  for (const LayerProfileRow& row : profile.rows) timeline.layers.push_back(row.layer);
  for (std::int64_t p = 0; p < passes; ++p) {
    const auto number = static_cast<std::int32_t>(p);
    Instant at = begin + pass * p;
    timeline.executions.push_back({kWholePass, number, 0, 0, at, at + pass * 19 / 20});
    for (std::size_t i = 0; i < layers; ++i) {
      const Instant end = at + profile.rows[i].run_time.median;
      timeline.executions.push_back({static_cast<std::int32_t>(i), number, 0, 0, at, end});
      at = end;
    }
  }
  report.timeline = std::move(timeline);
  PowerTrace trace;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(seconds * 1000); ++i) {
    const Instant t = origin + std::chrono::milliseconds(i);
    trace.before.push_back(t);
    trace.after.push_back(t);
    const bool runs = t > begin && t < begin + from_seconds(busy);
    trace.power.push_back(watts(4.0 + (runs ? 3.0 : 0.0) + 0.2 * std::sin(static_cast<double>(i))));
  }
  profile.samples = static_cast<std::int64_t>(trace.size());
  report.trace = std::move(trace);
  return report;
}

}  // namespace
}  // namespace layerwatt

int main(int argc, char** argv) {
  using layerwatt::parse_double;
  using layerwatt::parse_int64;
  if (argc != 5) {
    std::cerr << "usage: layerwatt_sample_report OUTPUT LAYERS SECONDS PASSES\n";
    return 2;
  }
  const auto layers = parse_int64(argv[2]);
  const auto seconds = parse_double(argv[3]);
  const auto passes = parse_int64(argv[4]);
  if (!layers || !seconds || !passes || *layers < 1 || *passes < 1) return 2;
  std::ofstream out(argv[1]);
  const auto written = layerwatt::write_report_page(
      out, layerwatt::make_report(static_cast<std::size_t>(*layers), *seconds, *passes));
  if (!written) std::cerr << written.error().to_string() << '\n';
  return written ? 0 : 1;
}
