#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <sstream>

#include "layerwatt/core/numbers.h"
#include "layerwatt/models/architecture.h"
#include "layerwatt/models/convert.h"
#include "layerwatt/report/text_table.h"

#include "cli/command.h"
#include "cli/options/number_option.h"
#include "core/json_writer.h"

namespace layerwatt::cli {
namespace {

struct Options {
  std::string name;
  std::string output;
  std::int64_t batch = 1;
  std::vector<std::int64_t> input_shape;
  std::string dtype = "float32";
  std::uint64_t seed = 1;
  bool json = false;
};

std::string shape_of(const Architecture& architecture) {
  return fmt::format("{}", fmt::join(input_shape_of(architecture, 1), "×"));
}

void list_as_json(Terminal& terminal) {
  JsonWriter json(terminal.out);
  json.begin_array();
  for (const Architecture& row : architecture_table()) {
    json.begin_object();
    json.member("name", row.name).member("parameters", row.parameters);
    json.member("gmacs", row.gmacs).key("input_shape").begin_array();
    for (const std::int64_t d : input_shape_of(row, 1)) json.value(d);
    json.end_array().member("source", row.source).end_object();
  }
  json.end_array();
  terminal.out << '\n';
}

void list_as_text(Terminal& terminal) {
  TextTable table({{"Name"},
                   {"Parameters", Align::kRight},
                   {"GMACs", Align::kRight, false, 0, 2},
                   {"Input", Align::kRight, false, 0, 1},
                   {"Architecture", Align::kLeft, true}});
  for (const Architecture& row : architecture_table()) {
    table.add_row({std::string(row.name), format_grouped(row.parameters),
                   format_significant(row.gmacs, 3), shape_of(row), std::string(row.source)});
  }
  table.print(terminal.out, {terminal.width, terminal.color});
  terminal.out << "\n'layerwatt models NAME --output FILE.onnx' writes one, with random weights.\n";
}

Result<void> write_model(const Options& options, Terminal& terminal) {
  const Result<FloatType> type = parse_float_type(options.dtype);
  if (!type) return type.error();
  ArchitectureOptions build;
  build.batch = options.batch;
  build.input_shape = options.input_shape;
  build.seed = options.seed;
  Result<OnnxModel> model = build_architecture(options.name, build);
  if (!model) return std::move(model).error();
  const Result<ConversionReport> report = convert_model(*model, *type);
  if (!report) return report.error();
  if (report->clipped_weights > 0) {
    terminal.err << report->clipped_weights << " weights were beyond the range of "
                 << to_string(*type) << " and were clipped to it.\n";
  }
  const std::string path = options.output.empty() ? options.name + ".onnx" : options.output;
  if (Result<void> saved = model->save(path); !saved) return saved;
  terminal.out << path << ": " << options.name << ", "
               << format_grouped(find_architecture(options.name)->parameters)
               << " parameters, random weights from seed " << options.seed << '\n';
  return {};
}

}  // namespace

Action declare_models(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("name", options->name,
                 "Architecture to write as ONNX; without it, all are listed");
  app.add_option("--output", options->output, "File to write (default: NAME.onnx)")->check(named());
  app.add_option("--batch", options->batch, "Images that pass at once")
      ->check(in_range(ranges::kDimension))
      ->capture_default_str();
  app.add_option("--input-shape", options->input_shape, "Batch, channels, height, width")
      ->expected(4)
      ->check(in_range(ranges::kDimension))
      ->excludes("--batch");
  app.add_option("--dtype", options->dtype, "float32, float16 or bfloat16")->capture_default_str();
  app.add_option("--seed", options->seed, "Of the random weights")
      ->check(seed())
      ->capture_default_str();
  app.add_flag("--json", options->json, "List as JSON");
  app.footer("Example: layerwatt models alexnet --output alexnet.onnx --batch 4");
  return [options](Terminal& terminal) -> Result<void> {
    if (!options->name.empty()) return write_model(*options, terminal);
    if (!options->output.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   "--output needs the name of an architecture; 'layerwatt models' lists them");
    }
    options->json ? list_as_json(terminal) : list_as_text(terminal);
    return {};
  };
}

}  // namespace layerwatt::cli
