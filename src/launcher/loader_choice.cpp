#include "launcher/loader_choice.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "launcher/library_versions.h"

namespace layerwatt::launcher {
namespace {

#if defined(__aarch64__)
constexpr std::string_view kLoader = "ld-linux-aarch64.so.1";
constexpr std::string_view kSystemLoader = "/lib/ld-linux-aarch64.so.1";
constexpr std::array<std::string_view, 6> kSystemFolders = {"/lib/aarch64-linux-gnu",
                                                            "/usr/lib/aarch64-linux-gnu",
                                                            "/lib64",
                                                            "/usr/lib64",
                                                            "/lib",
                                                            "/usr/lib"};
#else
constexpr std::string_view kLoader = "ld-linux-x86-64.so.2";
constexpr std::string_view kSystemLoader = "/lib64/ld-linux-x86-64.so.2";
constexpr std::array<std::string_view, 6> kSystemFolders = {"/lib/x86_64-linux-gnu",
                                                            "/usr/lib/x86_64-linux-gnu",
                                                            "/lib64",
                                                            "/usr/lib64",
                                                            "/lib",
                                                            "/usr/lib"};
#endif

constexpr std::string_view kCLibrary = "libc.so.6";
/// Parted from the other libraries of the bundle, because a board's own may be newer.
constexpr std::array<std::string_view, 2> kCompilerLibraries = {"libstdc++.so.6", "libgcc_s.so.1"};

std::string operator+(std::string text, std::string_view more) { return text.append(more); }

/// The folder of the system that holds `name`, a library of this processor.
std::optional<std::string> system_folder_of(const std::string& system, std::string_view name) {
  for (const std::string_view folder : kSystemFolders) {
    const std::string path = system + folder;
    if (defined_versions_of(path + "/" + name)) return path;
  }
  return std::nullopt;
}

/// Whether what was built for `ours` runs on `theirs`: it defines every version that `ours` does.
bool serves(const std::string& theirs, const std::string& ours) {
  const auto offered = defined_versions_of(theirs);
  const auto asked = defined_versions_of(ours);
  return offered && asked && std::ranges::includes(*offered, *asked);
}

}  // namespace

std::optional<LoaderChoice> choose_loader(const std::string& bundle, const std::string& system,
                                          Wanted wanted) {
  const std::string home = bundle + "/lib/layerwatt";
  LoaderChoice choice;
  const auto system_c = system_folder_of(system, kCLibrary);
  const std::string system_loader = system + kSystemLoader;
  const bool has_system = system_c && ::access(system_loader.c_str(), X_OK) == 0;
  if (wanted == Wanted::kSystem && !has_system) return std::nullopt;
  const bool takes_system =
      has_system && (wanted == Wanted::kSystem ||
                     (wanted == Wanted::kNewer &&
                      serves(*system_c + "/" + kCLibrary, home + "/glibc/" + kCLibrary)));
  if (takes_system) {
    choice.loader = system_loader;
  } else {
    choice.loader = home + "/glibc/" + kLoader;
    choice.folders.push_back(home + "/glibc");
  }
  choice.folders.push_back(home + "/lib");

  // Each by itself: a newer compiler's libraries are often put on an older system. They were built
  // for its C library, which must not be newer than the one that is taken.
  const std::string bundle_c = home + "/glibc/" + kCLibrary;
  const bool fit = takes_system || !system_c || serves(bundle_c, *system_c + "/" + kCLibrary);
  std::vector<std::string> folders;
  for (const std::string_view name : kCompilerLibraries) {
    const auto folder = system_folder_of(system, name);
    if (!fit || !folder || !serves(*folder + "/" + name, home + "/compiler/" + name)) {
      choice.folders.push_back(home + "/compiler");
      return choice;
    }
    folders.push_back(*folder);
  }
  for (const std::string& folder : folders) {
    if (std::ranges::find(choice.folders, folder) == choice.folders.end()) {
      choice.folders.push_back(folder);
    }
  }
  return choice;
}

}  // namespace layerwatt::launcher
