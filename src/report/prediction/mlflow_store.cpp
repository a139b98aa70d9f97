#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/report/mlflow_runs.h"

#include "core/fingerprint.h"

// The layout of MLflow's file store (mlflow/store/tracking/file_store.py, since 1.0):
// <store>/<experiment>/meta.yaml and <store>/<experiment>/<run>/{meta.yaml,metrics,params,tags,
// artifacts}. A metric is a file of lines "milliseconds value step", a parameter or tag a file with
// its value.

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr int kFinished = 3;
constexpr int kLocalSource = 4;
constexpr std::string_view kMeta = "meta.yaml";

/// A string that YAML reads as it stands.
std::string yaml_text(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c;
    if (c == '\'') result += c;
  }
  return result + "'";
}

std::string uri_of(const fs::path& path) {
  std::string uri = "file://";
  for (const char c : fs::absolute(path).lexically_normal().string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

Result<void> put(const fs::path& path, std::string_view text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return error_from_errno(error.value(), "create the folder").at(path.parent_path());
  return write_file_atomically(path, text);
}

/// MLflow's rule for names of metrics, parameters and tags.
Result<void> check_name(const std::string& name) {
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-. ").find(c) != std::string_view::npos;
  });
  if (plain && name != "." && name != "..") return {};
  return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no name for MLflow", name));
}

/// The value of `key: value` in a file of such lines; empty where there is none.
std::string member_of(std::string_view text, std::string_view key) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(key) || line.substr(key.size(), 2) != ": ") continue;
    std::string_view value = line.substr(key.size() + 2);
    if (value.size() > 1 && (value.front() == '\'' || value.front() == '"')) {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return {};
}

/// The experiment's folder in the store; empty where there is none of the name.
fs::path find_experiment(const fs::path& store, const std::string& name) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(store, ignored)) {
    const auto text = read_file(entry.path() / kMeta);
    if (text && member_of(*text, "name") == name) return entry.path();
  }
  return {};
}

Result<fs::path> open_experiment(const fs::path& store, const std::string& name,
                                 const MlflowTimes& times) {
  std::error_code ignored;
  if (fs::exists(store, ignored) && !fs::is_directory(store, ignored)) {
    return Error(ErrorCode::kInvalidArgument, "is a file; --mlflow-dir wants a folder").at(store);
  }
  if (fs::path found = find_experiment(store, name); !found.empty()) return found;
  // MLflow's own are numbers of 18 digits.
  std::uint64_t number = 0;
  for (const char c : fingerprint_of(name)) {
    number = number * 31 + static_cast<unsigned char>(c);
  }
  const std::string id = std::to_string(100'000'000'000'000'000 + number % 900'000'000'000'000'000);
  const fs::path folder = store / id;
  const std::string meta = fmt::format(
      "artifact_location: {}\ncreation_time: {}\nexperiment_id: {}\nlast_update_time: {}\n"
      "lifecycle_stage: active\nname: {}\n",
      yaml_text(uri_of(folder)), times.begin, yaml_text(id), times.begin, yaml_text(name));
  if (auto done = put(folder / kMeta, meta); !done) return std::move(done).error();
  return folder;
}

Result<void> fill(const fs::path& folder, const MlflowRun& run, const MlflowTimes& times) {
  for (const auto& [name, value] : run.metrics) {
    if (auto ok = check_name(name); !ok) return ok;
    const std::string line = fmt::format("{} {} 0\n", times.end, format_shortest(value));
    if (auto done = put(folder / "metrics" / name, line); !done) return done;
  }
  for (const auto& [name, value] : run.parameters) {
    if (auto ok = check_name(name); !ok) return ok;
    if (auto done = put(folder / "params" / name, value); !done) return done;
  }
  for (const auto& [name, value] : run.tags) {
    if (auto ok = check_name(name); !ok) return ok;
    if (auto done = put(folder / "tags" / name, value); !done) return done;
  }
  for (const auto& [name, content] : run.artifacts) {
    if (auto done = put(folder / "artifacts" / name, content); !done) return done;
  }
  // MLflow asks for all five, filled or not.
  std::error_code error;
  for (const char* part : {"metrics", "params", "tags", "artifacts"}) {
    fs::create_directories(folder / part, error);
    if (error) return error_from_errno(error.value(), "create the folder").at(folder / part);
  }
  return {};
}

/// Another one each time, even within one millisecond.
fs::path free_folder(const fs::path& experiment, const MlflowRun& run, const MlflowTimes& times) {
  for (int attempt = 0;; ++attempt) {
    const fs::path folder =
        experiment / fingerprint_of(fmt::format("{}\n{}\n{}\n{}", experiment.string(), run.name,
                                                times.begin, attempt));
    std::error_code ignored;
    if (!fs::exists(folder, ignored)) return folder;
  }
}

Result<fs::path> write_run(const fs::path& experiment, MlflowRun run, const MlflowTimes& times) {
  const fs::path folder = free_folder(experiment, run, times);
  run.tags["mlflow.runName"] = run.name;
  run.tags["mlflow.user"] = "layerwatt";
  run.tags["mlflow.source.name"] = "layerwatt train";
  run.tags["mlflow.source.type"] = "LOCAL";
  if (auto done = fill(folder, run, times); !done) return std::move(done).error();
  const std::string id = folder.filename().string();
  // The description last: MLflow sees a run that has one.
  const std::string meta = fmt::format(
      "artifact_uri: {}\nend_time: {}\nentry_point_name: ''\nexperiment_id: {}\n"
      "lifecycle_stage: active\nrun_id: {}\nrun_name: {}\nrun_uuid: {}\nsource_name: ''\n"
      "source_type: {}\nsource_version: ''\nstart_time: {}\nstatus: {}\ntags: []\n"
      "user_id: layerwatt\n",
      yaml_text(uri_of(folder / "artifacts")), times.end, yaml_text(experiment.filename().string()),
      yaml_text(id), yaml_text(run.name), yaml_text(id), kLocalSource, times.begin, kFinished);
  if (auto done = put(folder / kMeta, meta); !done) return std::move(done).error();
  return folder;
}

}  // namespace

Result<std::vector<fs::path>> write_mlflow_runs(const fs::path& store,
                                                const std::string& experiment,
                                                const std::vector<MlflowRun>& runs,
                                                const MlflowTimes& times) {
  auto folder = open_experiment(store, experiment, times);
  if (!folder) return std::move(folder).error();
  std::vector<fs::path> written;
  for (const MlflowRun& run : runs) {
    auto done = write_run(*folder, run, times);
    if (!done) return std::move(done).error();
    written.push_back(*std::move(done));
  }
  return written;
}

}  // namespace layerwatt
