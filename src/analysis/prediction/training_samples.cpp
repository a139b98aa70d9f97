#include "analysis/prediction/training_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/layer_table.h"
#include "layerwatt/dataset/training_table.h"

#include "core/fingerprint.h"

namespace layerwatt::analysis {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

LayerWork convolution_of(const std::vector<std::int64_t>& f) {
  LayerWork work;
  work.kind = WorkKind::kConvolution;
  work.batch = f[0];
  work.input = {f[1], f[2], f[3]};
  work.output = {f[4], f[5], f[6]};
  work.kernel = {f[7], f[8]};
  work.padding = {f[9], f[10]};
  work.stride = {f[11], f[12]};
  count_work(work, element_bytes({}));
  return work;
}

/// The published kernel is the size of the image: the window follows from what fits the output.
LayerWork pooling_of(const std::vector<std::int64_t>& f) {
  LayerWork work;
  work.kind = WorkKind::kPooling;
  work.batch = f[0];
  work.input = {f[1], f[2], f[3]};
  work.output = {f[4], f[5], f[6]};
  work.stride = {f[9], f[10]};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t fitting = work.input[i + 1] - (work.output[i + 1] - 1) * work.stride[i];
    work.kernel[i] = std::clamp<std::int64_t>(fitting, 1, work.input[i + 1]);
  }
  count_work(work, element_bytes({}));
  return work;
}

bool has_zero(const LayerWork& work) {
  const auto zero = [](const auto& values) { return std::ranges::find(values, 0) != values.end(); };
  return work.batch == 0 || zero(work.input) || zero(work.output) || zero(work.kernel) ||
         zero(work.stride);
}

class Collector {
 public:
  explicit Collector(const TrainOptions& options) : options_(options) {}

  Result<void> add(const fs::path& folder) {
    const std::string network = folder.filename().string();
    const bool is_test =
        std::ranges::find(options_.test_models, network) != options_.test_models.end();
    bytes_.clear();
    rows_.clear();
    const fs::path own = folder / kLayerTableFileName;
    auto done = is_there(own) ? add_own(own) : add_published(folder);
    if (!done) return done;
    if (rows_.empty()) return {};
    const TrainingNetwork entry{network, static_cast<std::int64_t>(rows_.size()),
                                fingerprint_of(bytes_)};
    (is_test ? found_.test_networks : found_.networks).push_back(entry);
    if (is_test) return {};
    std::size_t number = 0;
    for (LayerSample& sample : rows_) {
      sample.network =
          options_.micro_layers ? fmt::format("{} {}", network, number++ % 5 + 1) : network;
      found_.samples.push_back(std::move(sample));
    }
    return {};
  }

  TrainingSamples take() {
    if (merged_ > 0) {
      found_.notes.push_back(
          fmt::format("{} layers whose power was told only together with others, or not at all, "
                      "teach run times "
                      "alone.",
                      merged_));
    }
    if (unsolved_ > 0) {
      found_.notes.push_back(fmt::format(
          "The powers of {} layers are means of samples without an interval: under a slow sensor "
          "they say little of a layer. 'layerwatt map --method solve' tells them apart.",
          unsolved_));
    }
    if (published_ > 0) {
      found_.notes.push_back(fmt::format(
          "{} rows are of published tables, which know no groups, windows of pooling layers or "
          "precision; dense.csv cannot tell a 1×1 convolution from a dense layer and is left out. "
          "layers.csv holds all this.",
          published_));
    }
    return std::move(found_);
  }

 private:
  Result<void> keep_conditions(const MeasuringConditions& conditions, const fs::path& path) {
    if (!seen_conditions_) {
      found_.conditions = conditions;
      seen_conditions_ = true;
      return {};
    }
    if (conditions.board == found_.conditions.board &&
        conditions.power_mode == found_.conditions.power_mode &&
        conditions.is_virtual == found_.conditions.is_virtual) {
      return {};
    }
    return Error(
               ErrorCode::kInvalidArgument,
               fmt::format(
                   "measured on '{}' in power mode '{}'{}, other networks on '{}' in '{}'{}; "
                   "train each for itself",
                   conditions.board, conditions.power_mode,
                   conditions.is_virtual ? " (virtual)" : "", found_.conditions.board,
                   found_.conditions.power_mode, found_.conditions.is_virtual ? " (virtual)" : ""))
        .at(path);
  }

  Result<void> add_own(const fs::path& path) {
    auto text = read_file(path);
    if (!text) return std::move(text).error();
    bytes_ += *text;
    auto rows = parse_layer_table(*text);
    if (!rows) return std::move(rows).error().at(path);
    if (auto same = keep_conditions(rows->front().conditions, path); !same) return same;
    for (LayerTableRow& row : *rows) {
      if (row.work.kind == WorkKind::kNothing || row.run_time_milliseconds <= 0.0) continue;
      LayerSample sample{{}, std::move(row.work), row.run_time_milliseconds * 1e-3, {}};
      const bool told = !row.power_status || *row.power_status == LayerStatus::kResolved;
      if (!told) ++merged_;
      if (told && row.power_microwatts && *row.power_microwatts > 0.0) {
        sample.watts = *row.power_microwatts * 1e-6;
        if (!row.power_status) ++unsolved_;
      }
      rows_.push_back(std::move(sample));
    }
    return {};
  }

  Result<void> add_published(const fs::path& folder) {
    for (const TrainingTableKind kind :
         {TrainingTableKind::kConvolutional, TrainingTableKind::kPooling}) {
      const fs::path path = folder / (std::string(to_string(kind)) + ".csv");
      if (!is_there(path)) continue;
      auto text = read_file(path);
      if (!text) return std::move(text).error();
      bytes_ += *text;
      auto table = parse_training_table(*text, kind);
      if (!table) return std::move(table).error().at(path);
      for (const TrainingRow& row : table->rows) {
        LayerSample sample;
        sample.work = kind == TrainingTableKind::kConvolutional ? convolution_of(row.features)
                                                                : pooling_of(row.features);
        if (has_zero(sample.work)) {
          return Error(ErrorCode::kParse,
                       fmt::format("layer '{}' has a size or stride of 0", row.layer_name))
              .at(path);
        }
        sample.seconds = row.run_time_milliseconds * 1e-3;
        if (row.power_microwatts && *row.power_microwatts > 0.0) {
          sample.watts = *row.power_microwatts * 1e-6;
        }
        rows_.push_back(std::move(sample));
        ++published_;
      }
    }
    return {};
  }

  const TrainOptions& options_;
  TrainingSamples found_;
  std::vector<LayerSample> rows_;
  std::string bytes_;
  bool seen_conditions_ = false;
  std::int64_t merged_ = 0;
  std::int64_t unsolved_ = 0;
  std::int64_t published_ = 0;
};

}  // namespace

Result<std::vector<fs::path>> find_training_networks(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) found.push_back(entry.path());
  }
  if (error) return error_from_errno(error.value(), "read the training data").at(folder);
  std::sort(found.begin(), found.end());
  const auto has_table = [](const fs::path& network) {
    if (is_there(network / kLayerTableFileName)) return true;
    return std::ranges::any_of(kTrainingTableKinds, [&](TrainingTableKind kind) {
      return is_there(network / (std::string(to_string(kind)) + ".csv"));
    });
  };
  std::erase_if(found, [&](const fs::path& network) { return !has_table(network); });
  if (found.empty()) {
    return Error(ErrorCode::kNotFound,
                 "no dataset found for training: a folder a network with layers.csv or the "
                 "published tables, as 'layerwatt training-data' writes them")
        .at(folder);
  }
  return found;
}

Result<TrainingSamples> read_training_samples(const TrainOptions& options) {
  auto folders = find_training_networks(options.training_data_dir);
  if (!folders) return std::move(folders).error();
  Collector collector(options);
  for (const fs::path& folder : *folders) {
    if (auto done = collector.add(folder); !done) return std::move(done).error();
  }
  return collector.take();
}

}  // namespace layerwatt::analysis
