#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Where ONNX Runtime's library may lie; what the environment and this program's place say.
struct OnnxRuntimePlaces {
  /// LAYERWATT_ONNXRUNTIME: the library's file or its folder. If given, nothing else is tried.
  std::optional<std::string> chosen;
  /// ONNXRUNTIME_ROOT: an unpacked release.
  std::optional<std::string> root;
  /// Folder of the running program.
  std::filesystem::path program_folder;
  /// ${XDG_CACHE_HOME:-~/.cache}/layerwatt, where scripts/fetch_onnxruntime.sh puts it.
  std::filesystem::path cache_folder;
};

/// Of this process.
OnnxRuntimePlaces onnxruntime_places();

/// Files to try, in order. The last two are bare names, which the loader looks up.
std::vector<std::string> onnxruntime_candidates(const OnnxRuntimePlaces& places);

/// A library that is loaded and has the entry point. Never unloaded: its threads and thread-local
/// objects outlive any use of ours.
struct OnnxRuntimeLibrary {
  /// As found.
  std::string path;
  /// OrtGetApiBase.
  void* get_api_base = nullptr;
};

/// Opens the first candidate that works. The error lists each place with what was wrong there:
/// absent, of another architecture, for a newer system, not ONNX Runtime.
Result<OnnxRuntimeLibrary> open_onnxruntime_library(const OnnxRuntimePlaces& places);

/// "x86-64" or "arm64", where `path` is an ELF file of another architecture than this program.
std::optional<std::string> foreign_architecture(const std::filesystem::path& path);

/// How to get the library, in a sentence; ends error messages.
std::string_view onnxruntime_hint();

}  // namespace layerwatt
