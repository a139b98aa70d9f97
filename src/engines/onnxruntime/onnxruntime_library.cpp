#include "engines/onnxruntime/onnxruntime_library.h"

#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <tuple>

#include "layerwatt/core/numbers.h"
#include "layerwatt/core/own_program.h"

#include "engines/onnxruntime/stderr_silence.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr std::array kLibraryNames = {"libonnxruntime.so.1", "libonnxruntime.so"};

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

/// "onnxruntime-1.23.2" → {1, 23, 2}, so that 1.9 sorts before 1.23.
std::vector<std::int64_t> version_of_folder(const std::string& name) {
  std::vector<std::int64_t> parts;
  std::string_view rest(name);
  rest.remove_prefix(std::min(rest.find('-') + 1, rest.size()));
  while (!rest.empty()) {
    parts.push_back(parse_leading_int64(rest).value_or(-1));
    const std::size_t dot = rest.find('.');
    rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  }
  return parts;
}

/// Folders onnxruntime-* of the cache, newest version first.
std::vector<fs::path> cached_folders(const fs::path& cache) {
  std::vector<std::pair<std::vector<std::int64_t>, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator it(cache, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("onnxruntime-")) found.emplace_back(version_of_folder(name), it->path());
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  std::vector<fs::path> folders;
  folders.reserve(found.size());
  for (auto& [version, path] : found) folders.push_back(std::move(path));
  return folders;
}

void add_folder(const fs::path& folder, std::vector<std::string>& out) {
  for (const char* name : kLibraryNames) out.push_back((folder / name).string());
}

std::string_view machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "arm64";
    case EM_386:
      return "32-bit x86";
    case EM_ARM:
      return "32-bit ARM";
    case EM_RISCV:
      return "RISC-V";
    default:
      return "another architecture";
  }
}

constexpr std::uint16_t this_machine() {
#if defined(__x86_64__)
  return EM_X86_64;
#elif defined(__aarch64__)
  return EM_AARCH64;
#else
  return EM_NONE;
#endif
}

/// Why dlopen refused `candidate`, for people.
std::string reason_of_failure(const std::string& candidate, std::string_view dl_message) {
  const bool is_path = candidate.find('/') != std::string::npos;
  std::error_code ignored;
  if (is_path && !fs::exists(candidate, ignored)) return "not there";
  if (is_path) {
    if (const auto machine = foreign_architecture(candidate)) {
      return fmt::format("built for {}, this program is {}", *machine,
                         machine_name(this_machine()));
    }
  }
  if (dl_message.find("GLIBC") != std::string_view::npos ||
      dl_message.find("GLIBCXX") != std::string_view::npos) {
    return fmt::format("built for a newer system than this one ({})", dl_message);
  }
  if (!is_path && dl_message.find("cannot open shared object file") != std::string_view::npos) {
    return "not on the loader's path";
  }
  // The loader's messages begin with the path, which ours do already.
  if (dl_message.starts_with(candidate + ": ")) dl_message.remove_prefix(candidate.size() + 2);
  return fmt::format("cannot be loaded ({})", dl_message);
}

}  // namespace

std::string_view onnxruntime_hint() {
  return "run scripts/fetch_onnxruntime.sh, install libonnxruntime (Debian 13 and later: 'apt "
         "install libonnxruntime1.21'), or set LAYERWATT_ONNXRUNTIME to the path of "
         "libonnxruntime.so";
}

OnnxRuntimePlaces onnxruntime_places() {
  OnnxRuntimePlaces places;
  places.chosen = environment("LAYERWATT_ONNXRUNTIME");
  places.root = environment("ONNXRUNTIME_ROOT");
  places.program_folder = own_program().parent_path();
  if (const auto cache = environment("XDG_CACHE_HOME")) {
    places.cache_folder = fs::path(*cache) / "layerwatt";
  } else if (const auto home = environment("HOME")) {
    places.cache_folder = fs::path(*home) / ".cache" / "layerwatt";
  }
  return places;
}

std::vector<std::string> onnxruntime_candidates(const OnnxRuntimePlaces& places) {
  std::vector<std::string> out;
  if (places.chosen) {
    std::error_code error;
    if (fs::is_directory(*places.chosen, error)) {
      add_folder(*places.chosen, out);
      add_folder(fs::path(*places.chosen) / "lib", out);
    } else {
      out.push_back(*places.chosen);
    }
    return out;
  }
  if (places.root) {
    add_folder(fs::path(*places.root) / "lib", out);
    add_folder(*places.root, out);
  }
  if (!places.program_folder.empty()) {
    add_folder(places.program_folder, out);
    add_folder(places.program_folder.parent_path() / "lib" / "layerwatt", out);
  }
  if (!places.cache_folder.empty()) {
    for (const fs::path& folder : cached_folders(places.cache_folder)) {
      add_folder(folder / "lib", out);
      add_folder(folder, out);
    }
  }
  out.insert(out.end(), kLibraryNames.begin(), kLibraryNames.end());
  return out;
}

std::optional<std::string> foreign_architecture(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 20> head{};
  if (!file.read(head.data(), head.size())) return std::nullopt;
  if (std::memcmp(head.data(), ELFMAG, SELFMAG) != 0) return std::nullopt;
  // e_machine has the same place in 32 and 64 bits; both architectures that we know are
  // little-endian.
  const auto low = static_cast<unsigned char>(head[18]);
  const auto high = static_cast<unsigned char>(head[19]);
  const auto machine = static_cast<std::uint16_t>(low | (high << 8));
  if (machine == this_machine()) return std::nullopt;
  return std::string(machine_name(machine));
}

Result<OnnxRuntimeLibrary> open_onnxruntime_library(const OnnxRuntimePlaces& places) {
  std::string tried;
  for (const std::string& candidate : onnxruntime_candidates(places)) {
    void* handle = nullptr;
    {
      const StderrSilence silence;  // Debian's library talks while its static objects are made
      handle = ::dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    }
    if (handle == nullptr) {
      const char* message = ::dlerror();
      tried += fmt::format("\n  {}: {}", candidate,
                           reason_of_failure(candidate, message == nullptr ? "" : message));
      continue;
    }
    if (void* entry = ::dlsym(handle, "OrtGetApiBase")) {
      return OnnxRuntimeLibrary{.path = candidate, .get_api_base = entry};
    }
    ::dlclose(handle);
    tried += fmt::format("\n  {}: a library, but not ONNX Runtime (no OrtGetApiBase)", candidate);
  }
  return Error(
      ErrorCode::kNotFound,
      fmt::format("ONNX Runtime's library was not found; {}. Tried:{}", onnxruntime_hint(), tried));
}

}  // namespace layerwatt
