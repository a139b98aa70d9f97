#include "cli/options/network_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "cli/options/number_option.h"
#include "cli/options/option_rows.h"
#include "cli/options/shape_option.h"
#include "cli/options/word_option.h"

namespace layerwatt::cli {
namespace {

/// Those that a network can be turned into.
constexpr std::array kTypes = {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16,
                               DataType::kInt8};

/// What the published program took, whatever ran: on a processor it changes nothing.
constexpr std::array<std::string_view, 2> kHarmless = {"optimization-level", "min-block-size"};

bool has_option(const EngineRow& row, std::string_view name) {
  return std::ranges::find(row.options, name, &OptionRow::name) != row.options.end();
}

/// An option of another engine would be passed over without a word.
Result<void> check_owner(const EngineRow& row, const OptionTexts& given) {
  for (const auto& [name, text] : given) {
    if (has_option(row, name) || std::ranges::find(kHarmless, name) != kHarmless.end()) continue;
    std::vector<std::string_view> owners;
    for (const EngineRow& other : engine_table()) {
      if (has_option(other, name)) owners.push_back(other.name);
    }
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("--{} means nothing to --engine {}: leave it out, or use --engine {}",
                             name, row.name, fmt::join(owners, " or ")));
  }
  return {};
}

/// Names alone are those of the folder that the published program takes pictures from.
std::string find_image(const std::string& image) {
  std::error_code error;
  const auto published = std::filesystem::path("data/imagenet") / image;
  const bool is_there = std::filesystem::exists(image, error);
  return !is_there && std::filesystem::exists(published, error) ? published.string() : image;
}

}  // namespace

void NetworkOptions::declare(App& app, NetworkRequest& network, Engines engines) {
  app.add_option(
      "--engine", engine,
      "Engine that runs it; the first there is if absent. trtexec: NVIDIA's own program; "
      "replay: MODEL is a recorded run, run again (both: measure alone)");
  add_shapes(app, "--input-shape,--input", network.input_shapes,
             "Shape of the input (1 3 224 224), of several inputs in order (1x3x224x224 scalar "
             "1x10; scalars may be left out), or by name (x=1x3x48x320); the model's own if "
             "absent");
  app.add_option("--input-data", input_data,
                 "Values of an input: NAME=FILE (.npy, .npz, .pb), or NAME=NUMBER for all of its "
                 "elements (sr=16000). Random values if absent")
      ->type_name("NAME=VALUE");
  add_word<DataType>(
      app, "--dtype", type, kTypes,
      "float32, float16 or bfloat16, the model being converted, or int8 for TensorRT and a "
      "quantised model; float16 for TensorRT and float32 for other engines if absent");
  app.add_option("--imgs", images,
                 "JPEG or PNG pictures for the input (a.jpg,b.jpg), resized, cut and normalised as "
                 "for ImageNet; a batch repeats them. Random values if absent")
      ->delimiter(',')
      ->type_name("FILE,...");
  app.add_option("--threads", network.threads, "Threads of the engine; 0: its own choice")
      ->check(in_range(ranges::kThreads))
      ->capture_default_str();
  spin = app.add_flag("--spin,!--no-spin", network.spinning,
                      "Whether waiting threads spin: faster, and costs power (trtexec: only if "
                      "given)")
             ->capture_default_str();
  for (const EngineRow& row : engine_table()) {
    const bool runs_layers =
        std::ranges::find(row.schedules, Schedule::kIsolated) != row.schedules.end();
    if (engines == Engines::kLayerByLayer && !runs_layers) continue;
    declare_rows(app, row.options, engine_options);
  }
}

Result<const EngineRow*> NetworkOptions::resolve(NetworkRequest& network) const {
  auto row = find_engine(engine);
  if (!row) return row;
  const bool describes_inputs =
      !network.input_shapes.empty() || !images.empty() || !input_data.empty();
  if (!(*row)->takes_networks && (type || describes_inputs)) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "--dtype, --input-shape, --input-data and --imgs mean nothing to --engine {}: it "
            "repeats a recorded run as it was",
            (*row)->name));
  }
  if (auto r = check_owner(**row, engine_options); !r) return std::move(r).error();
  network.type = type.value_or((*row)->type);
  if (!spin->is_given()) network.spinning = (*row)->spins;
  std::vector<std::string> paths;
  for (const std::string& image : images) paths.push_back(find_image(image));
  auto read = read_image_inputs(paths);
  if (!read) return std::move(read).error();
  network.images = *std::move(read);
  auto values = read_input_values(input_data);
  if (!values) return std::move(values).error();
  network.input_values = *std::move(values);
  return row;
}

}  // namespace layerwatt::cli
