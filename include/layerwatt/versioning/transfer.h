#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/observer.h"
#include "layerwatt/versioning/project.h"
#include "layerwatt/versioning/workspace.h"

namespace layerwatt::versioning {

struct TransferOptions {
  /// The default, or an output's own, where absent.
  std::optional<std::string> remote;
  /// Transfers at once; what suits the remote where absent.
  std::optional<unsigned> jobs;
};

struct TransferReport {
  std::int64_t transferred = 0;
  std::int64_t already_there = 0;
  std::int64_t bytes = 0;
  /// A DVC on PATH did it; the counts are then 0.
  bool by_program = false;
};

/// Sends what `targets` track and the remote lacks: files first, a folder's list last, and only
/// when all its files are there. Takes DVC's lock. Errors name the path and the remote.
Result<TransferReport> push(const Project& project,
                            const std::vector<std::filesystem::path>& targets,
                            const TransferOptions& options, const Watch& watch);

struct PullOptions : TransferOptions {
  /// Of this git revision, instead of the working folder's .dvc files.
  std::optional<std::string> revision;
  /// As in CheckoutOptions.
  bool force = false;
  /// Into the cache alone.
  bool only_fetch = false;
};

struct PullReport {
  TransferReport fetched;
  CheckoutReport checked_out;
};

/// Fetches what the cache lacks and checks it out. Every object's MD5 is compared before the cache
/// gets it; one that is damaged, or not there, is named, the others are fetched, and nothing is
/// checked out.
Result<PullReport> pull(const Project& project, const std::vector<std::filesystem::path>& targets,
                        const PullOptions& options, const Watch& watch);

}  // namespace layerwatt::versioning
