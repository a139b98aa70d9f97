#include "launcher/library_versions.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace layerwatt::launcher {
namespace {

constexpr Elf64_Half this_machine() {
#if defined(__aarch64__)
  return EM_AARCH64;
#else
  return EM_X86_64;
#endif
}

/// A structure of the file at `offset`, or nothing where it does not fit.
template <typename T>
std::optional<T> read_at(std::string_view file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

/// Where the file holds what will be at `address` in memory.
class Segments {
 public:
  Segments(std::string_view file, const Elf64_Ehdr& header) : file_(file), header_(header) {}

  std::optional<Elf64_Phdr> find(Elf64_Word type) const {
    for (unsigned i = 0; i < header_.e_phnum; ++i) {
      const auto segment = at(i);
      if (segment && segment->p_type == type) return segment;
    }
    return std::nullopt;
  }

  std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
    for (unsigned i = 0; i < header_.e_phnum; ++i) {
      const auto segment = at(i);
      if (!segment || segment->p_type != PT_LOAD) continue;
      if (address >= segment->p_vaddr && address - segment->p_vaddr < segment->p_filesz) {
        return segment->p_offset + (address - segment->p_vaddr);
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<Elf64_Phdr> at(unsigned index) const {
    return read_at<Elf64_Phdr>(file_, header_.e_phoff + std::uint64_t{index} * sizeof(Elf64_Phdr));
  }

  std::string_view file_;
  Elf64_Ehdr header_;
};

struct DynamicTable {
  std::uint64_t strings = 0;
  std::uint64_t definitions = 0;
  std::uint64_t count = 0;
};

DynamicTable read_dynamic(std::string_view file, const Elf64_Phdr& segment) {
  DynamicTable table;
  for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment.p_filesz; at += sizeof(Elf64_Dyn)) {
    const auto entry = read_at<Elf64_Dyn>(file, segment.p_offset + at);
    if (!entry || entry->d_tag == DT_NULL) break;
    if (entry->d_tag == DT_STRTAB) table.strings = entry->d_un.d_ptr;
    if (entry->d_tag == DT_VERDEF) table.definitions = entry->d_un.d_ptr;
    if (entry->d_tag == DT_VERDEFNUM) table.count = entry->d_un.d_val;
  }
  return table;
}

std::optional<std::string> string_at(std::string_view file, std::uint64_t offset) {
  if (offset >= file.size()) return std::nullopt;
  const std::string_view rest = file.substr(offset);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(rest.substr(0, end));
}

}  // namespace

std::optional<std::set<std::string>> defined_versions(std::string_view file) {
  const auto header = read_at<Elf64_Ehdr>(file, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return std::nullopt;
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != this_machine()) {
    return std::nullopt;
  }
  const Segments segments(file, *header);
  const auto dynamic = segments.find(PT_DYNAMIC);
  if (!dynamic) return std::nullopt;
  const DynamicTable table = read_dynamic(file, *dynamic);
  const auto strings = segments.offset_of(table.strings);
  auto at = segments.offset_of(table.definitions);
  if (!strings || !at) return std::nullopt;

  std::set<std::string> names;
  for (std::uint64_t i = 0; i < table.count; ++i) {
    const auto definition = read_at<Elf64_Verdef>(file, *at);
    if (!definition) return std::nullopt;
    const auto name = read_at<Elf64_Verdaux>(file, *at + definition->vd_aux);
    if (!name) return std::nullopt;
    // The first is the file's own name.
    if ((definition->vd_flags & VER_FLG_BASE) == 0) {
      auto text = string_at(file, *strings + name->vda_name);
      if (!text) return std::nullopt;
      names.insert(*std::move(text));
    }
    if (definition->vd_next == 0) break;
    *at += definition->vd_next;
  }
  if (names.empty()) return std::nullopt;
  return names;
}

std::optional<std::set<std::string>> defined_versions_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  struct stat status = {};
  void* bytes = MAP_FAILED;
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    bytes =
        ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  }
  ::close(fd);
  if (bytes == MAP_FAILED) return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  auto names = defined_versions(std::string_view(static_cast<const char*>(bytes), size));
  ::munmap(bytes, size);
  return names;
}

}  // namespace layerwatt::launcher
