#include "versioning/transfer/dvc_program.h"

#include <fmt/format.h>

#include "versioning/dvc/program_run.h"
#include "versioning/workspace/project_paths.h"

namespace layerwatt::versioning {

Result<TransferReport> transfer_by_program(const Project& project, const RemoteShare& share,
                                           const RemoteKind& kind, const std::string& verb,
                                           const TransferOptions& options, const Watch& watch) {
  std::vector<std::string> words{"dvc", verb, "--remote", share.remote.name};
  if (options.jobs) words.insert(words.end(), {"--jobs", fmt::format("{}", *options.jobs)});
  words.emplace_back("--");
  for (const TrackingFile* file : share.files) words.push_back(below_root(project, file->path));
  if (watch.observer != nullptr) {
    watch.observer->said(fmt::format("{}:// is DVC's: running 'dvc {}'", kind.scheme, verb));
  }
  const auto run = run_program(project.root(), words);
  if (!run) {
    if (run.error().code() != ErrorCode::kNotFound) return run.error();
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the remote '{}' begins with {}://, which layerwatt leaves to DVC, and no "
                    "'dvc' is on PATH; install it: pip install 'dvc[{}]', then run this again, "
                    "or type: dvc {} --remote {}",
                    share.remote.name, kind.scheme, kind.extra, verb, share.remote.name));
  }
  if (run->exit_code != 0) {
    std::string said = run->err.empty() ? run->out : run->err;
    while (said.ends_with('\n')) said.pop_back();
    return Error(ErrorCode::kIo, fmt::format("'dvc {}' failed with exit code {}; its own words: {}",
                                             verb, run->exit_code, said));
  }
  TransferReport report;
  report.by_program = true;
  return report;
}

}  // namespace layerwatt::versioning
