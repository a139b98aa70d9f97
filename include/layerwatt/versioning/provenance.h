#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/observer.h"

namespace layerwatt::versioning {

/// A file of a dataset beside what is recorded of it.
struct CheckedFile {
  enum class Verdict {
    kAsRecorded,
    kChanged,
    kMissing,
    kNotRecorded,  ///< nothing says what it should be
  };
  /// Below the run's folder.
  std::string path;
  std::uint64_t size = 0;
  /// MD5 as it is now; empty where it is missing.
  std::string md5;
  Verdict verdict = Verdict::kNotRecorded;
};

/// What made a dataset, and whether it is still what was made.
struct Provenance {
  std::filesystem::path folder;
  /// Name and text, in the order to be read: model, command, versions, board, settings, …
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<CheckedFile> files;
  /// The .dvc file that tracks the folder, or one around it.
  std::optional<std::filesystem::path> tracked_by;
  /// Of the campaign that made it.
  std::optional<std::string> licence;
  std::optional<std::string> citation;
  /// Whether the power was synthesised, which a citation must say.
  bool is_virtual = false;
  /// What was compared and found to differ, each a sentence.
  std::vector<std::string> faults;
  /// What could not be compared, each a sentence.
  std::vector<std::string> open;
};

/// Reads run.json, the campaign's state and DVC's record of a model's folder, and compares: every
/// file's MD5 with the record, the recording's files with run.json, the model's file with its
/// fingerprint. kNotFound where the folder holds no run.
Result<Provenance> provenance(const std::filesystem::path& run, const Watch& watch);

void print_provenance(std::ostream& out, const Provenance& provenance);
void write_provenance_json(std::ostream& out, const Provenance& provenance);

}  // namespace layerwatt::versioning
