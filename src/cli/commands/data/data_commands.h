#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/report/progress.h"
#include "layerwatt/versioning/observer.h"
#include "layerwatt/versioning/project.h"

#include "cli/command.h"

namespace layerwatt::cli {

// `layerwatt data …`, one function a subcommand.

Action declare_data_init(App& app);
Action declare_data_add(App& app);
Action declare_data_status(App& app);
Action declare_data_checkout(App& app);
Action declare_data_diff(App& app);
Action declare_data_push(App& app);
Action declare_data_pull(App& app);
Action declare_data_upload(App& app);
Action declare_data_download(App& app);
Action declare_data_provenance(App& app);
/// The options of the published data_version.py, on `data` itself.
Action declare_published_data(App& app);
/// `remote`, with subcommands of its own.
Action declare_data_remote(App& app);

/// The project that the command runs in.
Result<versioning::Project> this_project();

/// Shows how far long work has come, and ends it cleanly at Ctrl-C, while it lives.
class DataProgress : public versioning::Observer {
 public:
  explicit DataProgress(Terminal& terminal) : terminal_(terminal), signals_(cancellation_) {}

  void began(std::string_view what, std::int64_t total, bool counts_files) override;
  void advanced(std::int64_t done) override;
  void said(std::string_view what) override;
  versioning::Watch watch() { return {this, &cancellation_}; }
  /// Takes the bar away before results are printed.
  void end() { progress_.reset(); }

 private:
  Terminal& terminal_;
  Cancellation cancellation_;
  SignalCancellation signals_;
  std::unique_ptr<Progress> progress_;
  /// Bytes are shown in units of 10^6.
  std::int64_t divisor_ = 1;
};

}  // namespace layerwatt::cli
