#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "layerwatt/core/numbers.h"

#include "dataset/temporary_folder.h"
#include "engines/tiny_onnx.h"
#include "experiment/measure/measure_trtexec.h"

// With a stand-in for trtexec (tests/tools/fake_trtexec.py) that plays back a recording.

namespace layerwatt::testing {

using namespace std::chrono_literals;

class MeasureTrtexec : public ::testing::Test {
 protected:
  MeasureTrtexec() {
    options_.network.model = "lenet";
    options_.network.type = DataType::kFloat16;
    options_.network.spinning = false;
    options_.power.virtual_board = "orin-nano";
    options_.power.idle_lead = 50ms;
    options_.output.result_dir = folder_ / "raw";
    options_.output.existing = ExistingResult::kReplace;
    options_.power.recorder_command = LAYERWATT_TEST_RECORDER;
    options_.plan.runs = 60;
    options_.plan.run.warmup = 5;
    build_.cache_folder = folder_ / "cache";
  }
  /// `environment`: "NAME=value …" for the stand-in.
  Result<Measurement> measure(const std::string& environment = "") {
    const std::filesystem::path path = folder_ / "trtexec";
    std::ofstream(path) << "#!/bin/sh\nexport FAKE_TRTEXEC_EVENTS=" << events().string() << ' '
                        << environment << "\nexec '" << LAYERWATT_PYTHON << "' '"
                        << LAYERWATT_FAKE_TRTEXEC << "' \"$@\"\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    TrtexecPlaces places;
    places.chosen = path;
    auto program = find_trtexec(places);
    if (!program) return std::move(program).error();
    return measure_with_trtexec(*program, build_, options_, cancellation_, *listener_);
  }
  std::filesystem::path events() const { return folder_ / "events"; }
  /// Of each kind, the last.
  std::map<std::string, Instant> happened() const {
    std::map<std::string, Instant> out;
    std::ifstream file(events());
    std::string what;
    std::string when;
    while (file >> what >> when) out[what] = instant_from_ns(parse_int64(when).value());
    return out;
  }
  std::string error_with(const std::string& environment) {
    const auto measured = measure(environment);
    return measured ? "no error" : measured.error().to_string();
  }
  TemporaryFolder folder_;
  MeasureOptions options_;
  TensorRtBuild build_;
  Cancellation cancellation_;
  MeasureObserver observer_;
  MeasureObserver* listener_ = &observer_;
};

/// Keeps what was said.
class Listener : public MeasureObserver {
 public:
  void said(std::string_view what) override { lines.emplace_back(what); }
  std::vector<std::string> lines;
};

/// The layers of a network one by one: nodes in a row, each of which the recording that the
/// stand-in plays back names as a layer of its own.
class LayersByTrtexec : public MeasureTrtexec {
 protected:
  void use_layers(const std::vector<std::string>& names) {
    const std::vector<std::int64_t> shape = {1, 4};
    TinyModel model;
    std::string layers;
    std::string profile = R"([{"count": 10})";
    for (const std::string& name : names) {
      const bool is_last = name == names.back();
      // What one makes is named after it, and the next one takes it.
      model.nodes.push_back(
          {.op = model.nodes.size() % 2 == 0 ? "Relu" : "Sigmoid",
           .name = name,
           .inputs = {model.nodes.empty() ? "input" : model.nodes.back().outputs[0]},
           .outputs = {is_last ? "output" : "of_" + name},
           .attributes = {},
           .domain = {}});
      layers +=
          fmt::format(R"({}{{"Name": "{}", "LayerType": "kgen", "Inputs": [], "Outputs": [], )"
                      R"("Metadata": "[ONNX Layer: {}]"}})",
                      layers.empty() ? "" : ",", name, name);
      profile += fmt::format(
          R"(, {{"name": "{}", "timeMs": 1.0, "averageMs": 0.1, "medianMs": 0.1, "percentage": 33}})",
          name);
    }
    nodes_ = names.size();
    model.inputs = {{.name = "input", .dimensions = shape}};
    model.outputs = {{.name = "output", .dimensions = shape}};
    const auto bytes = serialise(model);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    options_.network.model = folder_.write("row.onnx", text).string();
    options_.network.type = DataType::kFloat32;
    options_.plan.run.warmup = 2;
    options_.plan.runs = 6;
    folder_.write("data/row.graph.json", fmt::format(R"({{"Layers": [{}]}})", layers));
    folder_.write("data/row.profile.json", profile + "]");
    folder_.write("data/row.timing.json", R"([{"computeMs": 0.4}])");
  }
  Result<Measurement> measure_layers(const std::string& environment = "") {
    return measure("FAKE_TRTEXEC_DATA=" + (folder_ / "data").string() + " " + environment);
  }
  std::size_t events_of(const std::string& kind) const {
    std::ifstream file(events());
    std::string what;
    std::string when;
    std::size_t count = 0;
    while (file >> what >> when) count += what.starts_with(kind) ? 1U : 0U;
    return count;
  }
  std::size_t nodes_ = 0;
};

}  // namespace layerwatt::testing
