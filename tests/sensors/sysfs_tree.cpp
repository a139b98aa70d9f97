#include "sensors/sysfs_tree.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace layerwatt::testing {
namespace {

namespace fs = std::filesystem;

/// A tree file that is wrong is a mistake in the tests themselves.
[[noreturn]] void give_up(std::string_view what, std::string_view on) {
  std::fprintf(stderr, "sysfs_tree: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(on.size()), on.data());
  std::abort();
}

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const char next = text[++i];
    result += next == '0' ? '\0' : next == 'n' ? '\n' : next;
  }
  return result;
}

int errno_named(std::string_view name) {
  if (name == "ENODATA") return ENODATA;
  if (name == "EIO") return EIO;
  if (name == "EACCES") return EACCES;
  if (name == "EAGAIN") return EAGAIN;
  give_up("unknown error", name);
}

}  // namespace

int FailingCalls::open(const char* path) const noexcept {
  const auto at = errors.find(std::string_view(path));
  if (at != errors.end() && at->second == EACCES) return -EACCES;
  const int descriptor = FileCalls::open(path);
  if (descriptor >= 0) open_[descriptor] = path;
  return descriptor;
}

long FailingCalls::read(int descriptor, char* buffer, std::size_t size) const noexcept {
  const std::string& path = open_[descriptor];
  ++reads[path];
  const auto at = errors.find(path);
  if (at != errors.end()) return -at->second;
  return FileCalls::read(descriptor, buffer, size);
}

void FailingCalls::close(int descriptor) const noexcept {
  open_.erase(descriptor);
  FileCalls::close(descriptor);
}

SysfsTree::SysfsTree(std::string_view name) {
  const std::string file = std::string(LAYERWATT_TEST_DATA "/sysfs/") + std::string(name) + ".tree";
  std::ifstream in(file);
  if (!in) give_up("cannot open", file);
  for (std::string line; std::getline(in, line);) add_line(line);
}

void SysfsTree::add_line(std::string_view line) {
  if (line.empty() || line.front() == '#') return;
  if (line.front() == '[') {
    folder_ = std::string(line.substr(1, line.size() - 2)) + "/";
    fs::create_directories(tree_ / folder_);
    return;
  }
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) give_up("no value in", line);
  const std::string file = folder_ + std::string(line.substr(0, blank));
  std::string_view rest = line.substr(blank + 1);
  if (rest.starts_with("= ") || rest == "=") {
    const std::string content = unescaped(rest.substr(std::min<std::size_t>(2, rest.size())));
    write(file, file.starts_with("sys/") ? content + "\n" : content);
  } else if (rest.starts_with("-> ")) {
    fs::create_directories((tree_ / file).parent_path());
    fs::create_directory_symlink(std::string(rest.substr(3)), tree_ / file);
  } else if (rest.starts_with("! ")) {
    write(file, "");
    fail(file, errno_named(rest.substr(2)));
  } else {
    give_up("cannot understand", line);
  }
}

void SysfsTree::write(const std::string& file, std::string_view content) {
  fs::create_directories((tree_ / file).parent_path());
  std::ofstream out(tree_ / file, std::ios::binary | std::ios::trunc);
  out << content;
  if (!out.flush()) give_up("cannot write", file);
}

void SysfsTree::set(const std::string& file, std::string_view content) {
  write(file, std::string(content) + "\n");
}

void SysfsTree::remove(const std::string& file) { fs::remove_all(tree_ / file); }

void SysfsTree::fail(const std::string& file, int error_number) {
  calls_.errors[(tree_ / file).string()] = error_number;
}

void SysfsTree::recover(const std::string& file) { calls_.errors.erase((tree_ / file).string()); }

int SysfsTree::reads_of(const std::string& file) const {
  const auto at = calls_.reads.find((tree_ / file).string());
  return at == calls_.reads.end() ? 0 : at->second;
}

}  // namespace layerwatt::testing
