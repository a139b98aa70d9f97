// Starts the command of a portable bundle: finds the bundle by its own place, chooses the newer of
// the bundle's and the system's C library, and executes that one's loader with the command. Linked
// statically, because it runs before any library was found.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/loader_choice.h"

namespace {

using layerwatt::launcher::Wanted;

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "layerwatt: %s\n", message.c_str());
  std::exit(1);
}

std::string own_file() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0)
    fail("/proc is not mounted here; mount it ('mount -t proc proc /proc') and try again");
  return {path.data(), static_cast<std::size_t>(length)};
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

Wanted wanted_loader() {
  const char* text = std::getenv("LAYERWATT_LOADER");
  if (text == nullptr || *text == '\0') return Wanted::kNewer;
  const std::string_view word = text;
  if (word == "bundle") return Wanted::kBundle;
  if (word == "system") return Wanted::kSystem;
  fail("LAYERWATT_LOADER is '" + std::string(word) +
       "'; known are bundle and system, or leave it unset");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string self = own_file();
  const std::string bundle = parent_of(parent_of(self));
  const std::string program = bundle + "/lib/layerwatt/" + self.substr(self.rfind('/') + 1);
  if (::access(program.c_str(), X_OK) != 0) {
    fail("'" + program + "' is missing or cannot be executed (" + std::strerror(errno) +
         "): bin/ and lib/ of the bundle belong together; unpack it anew, or link to bin/layerwatt "
         "instead of copying it");
  }
  // The loader takes both for separators, and knows no way to write them otherwise.
  if (bundle.find_first_of(":;") != std::string::npos) {
    fail("the bundle cannot run from '" + bundle +
         "': no ':' or ';' may be in the folder's name; move it");
  }
  const auto choice = layerwatt::launcher::choose_loader(bundle, "", wanted_loader());
  if (!choice)
    fail("this system has no C library of GNU for this processor; unset LAYERWATT_LOADER");

  std::string folders;
  for (const std::string& folder : choice->folders)
    folders += (folders.empty() ? "" : ":") + folder;
  // --library-path takes its place, so what it says is said again.
  if (const char* more = std::getenv("LD_LIBRARY_PATH"); more != nullptr && *more != '\0') {
    folders += std::string(":") + more;
  }
  // Pictures want letters; a system without any gets those of the bundle.
  if (::access("/etc/fonts/fonts.conf", R_OK) != 0) {
    ::setenv("FONTCONFIG_FILE", (bundle + "/share/layerwatt/fonts/fonts.conf").c_str(), 0);
  }
  std::vector<std::string> words = {choice->loader,   "--argv0", argc > 0 ? argv[0] : self,
                                    "--library-path", folders,   program};
  for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  fail("cannot start '" + choice->loader + "': " + std::strerror(errno) +
       "; unpack the bundle anew");
}
